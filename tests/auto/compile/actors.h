// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/Actorio>

#include <QtCore/QString>

#include <memory>
#include <variant>

// What the wrong programs beside this file are wrong about.

struct Base
{
};
struct Derived : Base
{
};
struct Owned
{
    std::unique_ptr<int> value;
};

class Greeter : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Greeter(const QString &greeting = {}, int times = 1);
    int receive(Owned owned);

public Q_SLOTS:
    QString receive(const QString &name);
    QString receive(const Base &base);
    double receive(double number);
    void receive(const std::variant<int, bool> &variant);

private Q_SLOTS:
    void receive(char character);
};

class LoudGreeter : public Greeter
{
    Q_OBJECT
};

class Stranger : public Actorio::Actor
{
    Q_OBJECT
};

class Nameless : public Greeter // without Q_OBJECT
{
};

class NoActor : public QObject
{
    Q_OBJECT
};
