// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/askstate.h>
#include <Actorio/detail/fwd.h>

namespace Actorio {

/// What a handler returns whose answer, an R, comes later: from the actor it `delegate()`d to, or
/// from its `replyPromise()`. The handler's actor goes on to its next message at once. Holds nothing: `return {};`
/// \since 0.1
template<class R>
class Delegated
{
};

namespace Detail {

/// What a reply promise does that does not depend on its type: part of ReplyPromise.
/// \since 0.1
class ACTORIO_EXPORT ReplyPromiseBase
{
public:
    /// \cond
    ReplyPromiseBase(ReplyPromiseBase &&other) noexcept = default;
    ReplyPromiseBase &operator=(ReplyPromiseBase &&other) noexcept;
    /// \endcond

    /// Fails the ask. Later calls do nothing. Any thread.
    void fail(std::exception_ptr error);
    /// Whether the asker no longer waits: it cancelled, its time ran out, or it has its answer. Any thread.
    bool isCanceled() const;

    /// \cond
protected:
    ReplyPromiseBase() noexcept = default;
    ReplyPromiseBase(Ref<Address> asker, bool isAsk) noexcept
        : m_asker(std::move(asker)), m_isAsk(isAsk)
    {
    }
    ~ReplyPromiseBase();

    AskBase *ask() const noexcept;
    void drop();

    Ref<Address> m_asker;
    bool m_isAsk = false;
    /// \endcond
};

} // namespace Detail

/// The duty to answer a message later, from any thread: `reply()` or `fail()` once. Dropping it
/// unanswered fails the ask at once with BrokenPromise. For a message that was told, not asked, the
/// reply is told to its sender. Movable only; outlives the actor. The idea is CAF's response promise.
/// \since 0.1
template<class R>
class ReplyPromise : public Detail::ReplyPromiseBase
{
public:
    /// A promise that answers nobody.
    ReplyPromise() noexcept = default;
    /// Takes over the duty of `other`, which answers nobody from then on.
    ReplyPromise(ReplyPromise &&other) noexcept = default;
    /// Likewise; drops the duty that it had.
    ReplyPromise &operator=(ReplyPromise &&other) noexcept = default;

    /// Answers. The second answer to an ask is a dead letter. Any thread.
    template<class T = R>
        requires(!std::is_void_v<R> && std::convertible_to<T, R>)
    void reply(T &&value)
    {
        if (Detail::AskBase *const asked = ask()) {
            R result(std::forward<T>(value));
            asked->settleValue(Detail::typeOf<R>(), std::addressof(result));
        } else if (m_asker) {
            m_asker->post(new Detail::MessageEnvelope<R>(Detail::Entry::Kind::Tell,
                                                         R(std::forward<T>(value)), {}));
        }
        m_asker = nullptr;
    }
    /// Says that it is done, where there is nothing to answer with.
    void reply()
        requires std::is_void_v<R>
    {
        if (Detail::AskBase *const asked = ask())
            asked->settleNothing();
        m_asker = nullptr;
    }

private:
    friend class Actor;
    using ReplyPromiseBase::ReplyPromiseBase;
};

} // namespace Actorio
