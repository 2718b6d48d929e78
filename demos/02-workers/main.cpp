// SPDX-License-Identifier: MIT
#include <Actorio/Actorio>

#include <QtCore/QCoreApplication>
#include <QtCore/QRandomGenerator>
#include <QtCore/QTextStream>

#include <chrono>
#include <thread>

using namespace std::chrono_literals;

int blockingOperation()
{
    // For the sake of this example, the blocking operation is a sleep: of tenths of a second.
    const int sleepTime = QRandomGenerator::global()->bounded(11);
    std::this_thread::sleep_for(sleepTime * 100ms);
    return sleepTime;
}

struct Request // to do some computation or blocking call
{
};

struct Response // the result of a computation
{
    int result;
};

class Worker : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Request &)
    {
        const int result = blockingOperation();
        reply(Response{result}); // to whoever sent the request
        stop(); // this actor only deals with one message
    }
};

class Manager : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Request &request)
    {
        // A child of this actor, in a thread of its own, as it blocks.
        auto worker = spawn<Worker>({.on = Actorio::dedicatedThread()});
        // We just hand the message on as from its sender: that way, we won't have to process the response.
        worker.tell(request, currentSender());
    }
};

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);

    Actorio::Inbox me; // this is no actor, just somewhere actors can send messages
    Actorio::Scoped<Manager> manager;

    // We start 10 long computations,
    for (int i = 0; i < 10; ++i)
        manager.tell(Request{}, me.ref());

    // then we listen to our inbox to get the responses as they come by.
    QTextStream out(stdout);
    for (int i = 0; i < 10; ++i) {
        const std::optional<Response> response = me.waitFor<Response>(5s);
        if (!response)
            return 1; // nobody answered in time
        out << "Got a response with result " << response->result << Qt::endl;
    }
}

#include "main.moc"
