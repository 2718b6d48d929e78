// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <utility>

namespace Actorio::Detail {

// A pointer that keeps its object alive by the object's own count (`ref()` and `deref()`).
template<class T>
class Ref
{
public:
    Ref() noexcept = default;
    Ref(std::nullptr_t) noexcept { }
    explicit Ref(T *object) noexcept : m_object(object)
    {
        if (m_object)
            m_object->ref();
    }
    Ref(const Ref &other) noexcept : Ref(other.m_object) { }
    Ref(Ref &&other) noexcept : m_object(std::exchange(other.m_object, nullptr)) { }
    template<class U>
    Ref(const Ref<U> &other) noexcept : Ref(other.get())
    {
    }
    template<class U>
    Ref(Ref<U> &&other) noexcept : m_object(other.release())
    {
    }
    ~Ref()
    {
        if (m_object)
            m_object->deref();
    }
    Ref &operator=(Ref other) noexcept
    {
        std::swap(m_object, other.m_object);
        return *this;
    }

    // Takes over a count that the caller holds already.
    static Ref adopt(T *object) noexcept
    {
        Ref ref;
        ref.m_object = object;
        return ref;
    }

    T *get() const noexcept { return m_object; }
    T *operator->() const noexcept { return m_object; }
    T &operator*() const noexcept { return *m_object; }
    explicit operator bool() const noexcept { return m_object != nullptr; }
    T *release() noexcept { return std::exchange(m_object, nullptr); }

private:
    T *m_object = nullptr;
};

} // namespace Actorio::Detail
