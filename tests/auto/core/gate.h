// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/Error>

#include <QtCore/QString>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>

// What a handler passes that a test wants to hold: it waits there until the test opens.
class Door
{
public:
    void pass()
    {
        std::unique_lock lock(m_mutex);
        ++m_visitors;
        m_changed.notify_all();
        m_changed.wait(lock, [this] { return m_isOpen; });
    }
    bool waitForVisitors(int count)
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, std::chrono::seconds(10),
                                  [&] { return m_visitors >= count; });
    }
    void open()
    {
        const std::lock_guard lock(m_mutex);
        m_isOpen = true;
        m_changed.notify_all();
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    int m_visitors = 0;
    bool m_isOpen = false;
};

// A message that blocks whoever handles it.
struct Pass
{
    std::shared_ptr<Door> door;
};

// The test's side. Opens at the latest at the end of the scope, so that a failed test does not hang:
// declare it after the actors that it holds.
class Gate
{
public:
    Gate() = default;
    ~Gate() { open(); }
    Gate(const Gate &) = delete;
    Gate &operator=(const Gate &) = delete;

    Pass pass() const { return {m_door}; }
    std::shared_ptr<Door> door() const { return m_door; }
    void open() { m_door->open(); }
    // Whether somebody stands before it, after some waiting.
    bool isReached(int count = 1) { return m_door->waitForVisitors(count); }

private:
    const std::shared_ptr<Door> m_door = std::make_shared<Door>();
};

// The text of the E that `code` throws; else a text in parentheses that says what it did instead.
template<class E, class Code>
QString errorOf(Code &&code)
{
    try {
        code();
    } catch (const E &error) {
        if constexpr (std::is_base_of_v<Actorio::Error, E>)
            return error.message();
        else
            return QString::fromUtf8(error.what());
    } catch (const std::exception &error) {
        return QStringLiteral("(something else: ") + QString::fromUtf8(error.what()) + u')';
    } catch (...) {
        return QStringLiteral("(something that is no std::exception)");
    }
    return QStringLiteral("(nothing)");
}

// Whether `code` throws an E, and nothing else.
template<class E, class Code>
bool fails(Code &&code)
{
    const QString text = errorOf<E>(std::forward<Code>(code));
    if (!text.startsWith(u'('))
        return true;
    qInfo("instead of the expected error: %s", qPrintable(text));
    return false;
}
