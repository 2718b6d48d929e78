// SPDX-License-Identifier: MIT
// What a camera would do: nothing in here is about actors.
#pragma once

#include <QtCore/QString>

// Fills a folder with big pictures, of which one is broken.
void makePictures(const QString &folder);
