// SPDX-License-Identifier: MIT
#include <Actorio/detail/typeinfo.h>

#include <cstring>

namespace Actorio::Detail {

bool isSameType(const TypeInterface *a, const TypeInterface *b) noexcept
{
    if (a == b)
        return true;
    if (!a || !b || a->size != b->size || a->alignment != b->alignment || !a->name || !b->name)
        return false;
    if (std::strcmp(a->name, b->name) != 0)
        return false;
    // "{anonymous}::T", "(anonymous namespace)::T", "f()::T", "<unnamed struct>", lambdas: the names of types
    // that no other file can mean. What has a function's type in its name, a std::function, has parentheses too: it is
    // the same type to one library only.
    return !std::strpbrk(a->name, "({`") && !std::strstr(a->name, "unnamed")
            && !std::strstr(a->name, "anonymous");
}

QString typeName(const TypeInterface *type)
{
    return type ? QString::fromLatin1(type->name) : QStringLiteral("nothing");
}

} // namespace Actorio::Detail
