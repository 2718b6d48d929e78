// SPDX-License-Identifier: MIT
// Every block of C++ in the documents is code that a test runs.
#include <QtCore/QDirIterator>
#include <QtCore/QFile>
#include <QtCore/QMap>
#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace {

struct Block
{
    QString language;
    QStringList lines;
};
using Blocks = QMap<QString, Block>; // by the place where the block begins, "README.md:42"

QDir root()
{
    return QDir(QStringLiteral(ACTORIO_SOURCE));
}

QStringList filesBelow(const QString &directory, const QString &pattern)
{
    QStringList files;
    QDirIterator it(root().filePath(directory), {pattern}, QDir::Files,
                    QDirIterator::Subdirectories);
    while (it.hasNext())
        files.append(root().relativeFilePath(it.next()));
    files.sort();
    return files;
}

QStringList linesOf(const QString &path)
{
    QFile file(root().filePath(path));
    if (!file.open(QIODevice::ReadOnly | QIODevice::Text))
        qFatal("Cannot read %s", qPrintable(path));
    QStringList lines = QString::fromUtf8(file.readAll()).split(u'\n');
    lines.removeLast(); // behind the last end of line
    return lines;
}

// The lines without the indentation that all have in common.
QString normalized(const QStringList &lines)
{
    const auto indentation = [](const QString &line) {
        const auto first =
                std::find_if(line.begin(), line.end(), [](QChar c) { return c != u' '; });
        return first - line.begin();
    };
    qsizetype common = std::numeric_limits<qsizetype>::max();
    for (const QString &line : lines) {
        if (!line.isEmpty())
            common = std::min<qsizetype>(common, indentation(line));
    }
    QString text;
    for (const QString &line : lines)
        text += line.mid(line.isEmpty() ? 0 : common) + u'\n';
    return text;
}

// The blocks of a page of Markdown: what stands between two fences.
void addBlocks(const QString &page, Blocks &blocks)
{
    const QStringList lines = linesOf(page);
    QString place; // of the block that is open
    for (qsizetype i = 0; i < lines.size(); ++i) {
        const QString text = lines.at(i).trimmed();
        if (!text.startsWith(u"```")) {
            if (!place.isEmpty())
                blocks[place].lines.append(lines.at(i));
        } else if (place.isEmpty()) {
            place = u"%1:%2"_s.arg(page).arg(i + 1);
            blocks[place].language = text.mid(3);
        } else {
            place.clear();
        }
    }
    if (!place.isEmpty())
        blocks[place].language = u"a block without an end"_s;
}

Blocks documentBlocks()
{
    Blocks blocks;
    addBlocks(u"README.md"_s, blocks);
    const QStringList pages = filesBelow(u"docs"_s, u"*.md"_s) + filesBelow(u"demos"_s, u"*.md"_s);
    for (const QString &page : pages)
        addBlocks(page, blocks);
    return blocks;
}

// What stands between two marks `//! [name]` in the tests here, by name.
QMap<QString, QString> snippets()
{
    static const QRegularExpression mark(u"^ *//! \\[(.+)\\]$"_s);
    QMap<QString, QString> snippets;
    const QStringList sources = filesBelow(u"tests/snippets"_s, u"*.cpp"_s);
    for (const QString &source : sources) {
        QString open;
        QStringList region;
        const QStringList lines = linesOf(source);
        for (const QString &line : lines) {
            const QRegularExpressionMatch match = mark.match(line);
            if (!match.hasMatch()) {
                region.append(line);
                continue;
            }
            const QString name = source + u" ["_s + match.captured(1) + u']';
            if (open.isEmpty())
                open = name;
            else if (open == name)
                snippets.insert(std::exchange(open, QString()), normalized(region));
            else
                qFatal("%s ends within %s", qPrintable(name), qPrintable(open));
            region.clear();
        }
        if (!open.isEmpty())
            qFatal("%s has no end", qPrintable(open));
    }
    return snippets;
}

// The demos, without their licence line, by their paths.
QMap<QString, QString> demos()
{
    QMap<QString, QString> demos;
    const QStringList sources = filesBelow(u"demos"_s, u"main.cpp"_s);
    for (const QString &source : sources)
        demos.insert(source, normalized(linesOf(source).mid(1)));
    return demos;
}

} // namespace

class tst_Documents : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        m_blocks = documentBlocks();
        m_snippets = snippets();
        m_demos = demos();
    }
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void theyAreFound()
    {
        QVERIFY(m_blocks.size() > 10);
        QVERIFY(m_snippets.size() > 10);
        QVERIFY(m_demos.size() >= 2);
    }

    void aBlockIsCodeThatATestRuns_data()
    {
        QTest::addColumn<QString>("language");
        QTest::addColumn<QString>("code");
        for (auto it = m_blocks.cbegin(); it != m_blocks.cend(); ++it)
            QTest::addRow("%s", qPrintable(it.key())) << it->language << normalized(it->lines);
    }
    void aBlockIsCodeThatATestRuns()
    {
        QFETCH(const QString, language);
        QFETCH(const QString, code);
        static const QStringList others{u"sh"_s, u"cmake"_s, u"text"_s};
        if (others.contains(language))
            return;
        QCOMPARE(language, u"cpp"_s);
        if (m_snippets.values().contains(code) || m_demos.values().contains(code))
            return;
        QFAIL(qPrintable(u"This is in no test between the marks //! [name], and is no demo:\n"_s
                         + code));
    }

    void aSnippetStandsInADocument_data()
    {
        QTest::addColumn<QString>("code");
        for (auto it = m_snippets.cbegin(); it != m_snippets.cend(); ++it)
            QTest::addRow("%s", qPrintable(it.key())) << it.value();
    }
    void aSnippetStandsInADocument()
    {
        QFETCH(const QString, code);
        const bool isShown =
                std::any_of(m_blocks.cbegin(), m_blocks.cend(),
                            [&](const Block &block) { return normalized(block.lines) == code; });
        QVERIFY(isShown);
    }

    // Links to files of this repository lead somewhere.
    void aLinkLeadsSomewhere_data()
    {
        QTest::addColumn<QString>("target");
        static const QRegularExpression link(u"\\]\\(([^): ]+)\\)"_s);
        const QStringList pages = QStringList{u"README.md"_s} + filesBelow(u"docs"_s, u"*.md"_s)
                + filesBelow(u"demos"_s, u"*.md"_s);
        for (const QString &page : pages) {
            const QString text = linesOf(page).join(u'\n');
            for (auto it = link.globalMatch(text); it.hasNext();) {
                const QString target = it.next().captured(1).section(u'#', 0, 0);
                if (!target.isEmpty())
                    QTest::addRow("%s -> %s", qPrintable(page), qPrintable(target))
                            << root().filePath(page + u"/../"_s + target);
            }
        }
    }
    void aLinkLeadsSomewhere()
    {
        QFETCH(const QString, target);
        QVERIFY(QFile::exists(QDir::cleanPath(target)));
    }

private:
    Blocks m_blocks;
    QMap<QString, QString> m_snippets;
    QMap<QString, QString> m_demos;
};

QTEST_GUILESS_MAIN(tst_Documents)
#include "tst_documents.moc"
