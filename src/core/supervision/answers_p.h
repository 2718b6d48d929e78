// SPDX-License-Identifier: MIT
#pragma once

#include "supervision/family_p.h"

// How supervisors answer: what a request fails with is its answer, and no failure of theirs.
#define ACTORIO_DEFINE_ANSWERS(Class)                                     \
    template<class R>                                                     \
    Delegated<R> Class::answer(QFuture<R> work)                           \
    {                                                                     \
        busyUntil(settle(replyPromise<R>(), std::move(work)));            \
        return {};                                                        \
    }                                                                     \
    template<class R>                                                     \
    QFuture<void> Class::settle(ReplyPromise<R> promise, QFuture<R> work) \
    {                                                                     \
        const bool isTold = !currentMessage().sender();                   \
        std::exception_ptr error;                                         \
        try {                                                             \
            if constexpr (std::is_void_v<R>) {                            \
                co_await work;                                            \
                promise.reply();                                          \
            } else {                                                      \
                R result = co_await work;                                 \
                promise.reply(std::move(result));                         \
            }                                                             \
        } catch (...) {                                                   \
            error = std::current_exception();                             \
        }                                                                 \
        if (error && isTold)                                              \
            m_family->warnOf(error);                                      \
        if (error)                                                        \
            promise.fail(std::move(error));                               \
    }
