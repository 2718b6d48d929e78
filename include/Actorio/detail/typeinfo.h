// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/global.h>

#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>

namespace Actorio::Detail {

using TypeInterface = QtPrivate::QMetaTypeInterface;

template<class T>
const TypeInterface *typeOf() noexcept
{
    return QMetaType::fromType<T>().iface();
}

// Whether two descriptions are of one type. Each library may hold its own description of a type,
// so that names, sizes and alignments decide where addresses differ; never for types that are
// local to a file or a function, whose names say nothing (QMetaType's own == confuses those).
ACTORIO_EXPORT bool isSameType(const TypeInterface *a, const TypeInterface *b) noexcept;

ACTORIO_EXPORT QString typeName(const TypeInterface *type);

} // namespace Actorio::Detail
