"""The story of a case as one page that needs nothing else: no scripts, no links, to be kept or printed.

It shows what was done and by whom, never what citizens said: no words, names or numbers of theirs.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from config.errors import Language, Text
from config.sop import Actor
from ticketing.reports.story import CaseStory, StepLine
from ticketing.reports.story_drawing import drawing, in_order, kind_of, sources
from ticketing.reports.wording import MESSAGES, PROVENANCES, SIGNS, length, moment, verdict

STYLE = """
:root{color-scheme:light}
body{font:14px/1.45 system-ui,"Liberation Sans",Arial,sans-serif;color:#1b1f24;background:#fff;
 margin:24px auto;max-width:1180px;padding:0 14px}
h1{font-size:24px;margin:0}h2{font-size:17px;margin:28px 0 8px}
.state{font-size:16px;margin:2px 0 14px}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:8px 24px;margin:0}
dt{color:#4a5562;font-size:12px}dd{margin:0;font-weight:600}
.legend{list-style:none;padding:0;margin:18px 0 8px;display:flex;flex-wrap:wrap;gap:6px 20px;font-size:13px}
.swatch{display:inline-block;width:22px;height:13px;margin-right:6px;vertical-align:-2px;border:2px solid}
.drawing{overflow-x:auto}svg{max-width:100%;height:auto;display:block}
svg text{font:11px system-ui,"Liberation Sans",Arial,sans-serif;fill:#333b45}
svg .name{font-weight:700;font-size:12px;fill:#1b1f24}svg .word{font-weight:600}
svg .actor{font-weight:700;font-size:13px;text-anchor:middle;fill:#1b1f24}
svg .time{font-size:12px;fill:#1b1f24}
.lane0{fill:#f1f4f7}.lane1{fill:#fafbfc}.rule{stroke:#8a95a1}.head{fill:#4a5562}
.arrow{fill:none;stroke:#4a5562;stroke-width:1.5}.far{stroke-dasharray:5 4}
.box{fill:#fff;stroke:#4a5562;stroke-width:1.5}
.within .box{stroke:#256b3b}.late .box{fill:#fdeceb;stroke:#a61b14;stroke-width:2.5}
.late .word{fill:#a61b14}.running .box{stroke:#1f4e87;stroke-dasharray:6 3}
.skipped .box{fill:#eceff2;stroke-dasharray:2 3}
.swatch.within{border-color:#256b3b}.swatch.late{border-color:#a61b14;background:#fdeceb}
.swatch.running{border-color:#1f4e87;border-style:dashed}
.swatch.skipped{border-color:#4a5562;border-style:dotted;background:#eceff2}
.swatch.plain{border-color:#4a5562}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{border-bottom:1px solid #cfd6dd;padding:5px 8px;text-align:left;vertical-align:top}
thead th{border-bottom:2px solid #4a5562}td.number{text-align:right;white-space:nowrap}
td.when{white-space:nowrap}
tr.late td.verdict{color:#a61b14;font-weight:700}
@page{margin:12mm}@media print{body{margin:0;max-width:none}thead{display:table-header-group}
 tr{break-inside:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
NOTHING = "–"


def page(story: CaseStory, lanes: Sequence[Actor], language: Language) -> str:
    """The whole page."""
    title = Text(f"Tiket {story.number}", f"Ticket {story.number}").say(language)
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="state">{escape(_standing(story, language))}</p>',
        *_header(story, language),
        *_legend(language),
        f'<div class="drawing">{drawing(story, lanes, language)}</div>',
        *_steps(story, lanes, language),
        *_events(story, lanes, language),
    ]
    return (
        f'<!doctype html>\n<html lang="{language.value}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(body)
        + "\n</main></body></html>\n"
    )


def _standing(story: CaseStory, language: Language) -> str:
    parts = (story.state_name, story.ticket_type, story.category)
    return " · ".join(part.say(language) for part in parts if part)


def _header(story: CaseStory, language: Language) -> Iterator[str]:
    unexplained = ", ".join(map(str, story.unexplained)) or "0"
    owed = [MESSAGES[one.kind].say(language) for one in story.messages if one.told_at is None]
    rows = (
        (Text("SOP", "SOP"), story.sop_number),
        (Text("Terdaftar", "Registered"), _instant(story.registered_at)),
        (Text("Selesai", "Closed"), _instant(story.closed_at)),
        (Text("Kecamatan", "District"), story.district or NOTHING),
        (Text("Penanggung jawab", "Owner"), story.owner or NOTHING),
        (Text("Jatuh tempo", "Next due"), _instant(story.next_due_at)),
        (Text("Batas akhir", "Limit"), _instant(story.limit_at)),
        (Text("Jam warga (tidak berhenti)", "Citizen's clock (never stops)"),
         length(story.citizen_seconds).say(language)),
        (Text("Jam kantor", "Office's clock"), length(story.office_seconds).say(language)),
        (Text("Pesan terutang kepada warga", "Messages owed to the citizen"), ", ".join(owed) or NOTHING),
        (Text("Langkah tanpa penjelasan", "Steps unexplained"), unexplained),
        (Text("Batas langkah diamati atau disimpulkan", "Boundaries observed or inferred"),
         f"{story.observed_share:.0%}"),
    )  # fmt: skip
    yield "<dl>"
    for label, value in rows:
        yield f"<div><dt>{escape(label.say(language))}</dt><dd>{escape(value)}</dd></div>"
    yield "</dl>"


def _instant(at: datetime | None) -> str:
    return f"{moment(at)} WIB" if at else NOTHING


def _legend(language: Language) -> Iterator[str]:
    swatches = {
        "within": verdict(1, True, False),
        "late": verdict(1, False, False),
        "running": verdict(None, None, False),
        "skipped": verdict(None, None, True),
        "plain": verdict(1, None, False),
    }
    yield f'<ul class="legend" aria-label="{Text("Keterangan", "Legend").say(language)}">'
    for kind, word in swatches.items():
        yield f'<li><span class="swatch {kind}"></span>{escape(word.say(language))}</li>'
    for mark, word in PROVENANCES.items():
        yield f"<li>{SIGNS[mark]} {escape(word.say(language))}</li>"
    yield "</ul>"


def _steps(story: CaseStory, lanes: Sequence[Actor], language: Language) -> Iterator[str]:
    heads = (
        Text("Langkah", "Step"), Text("Pelaksana", "Actor"), Text("Oleh", "By"),
        Text("Mulai (WIB)", "Began (WIB)"), Text("Selesai (WIB)", "Ended (WIB)"),
        Text("Lama", "Took"), Text("Standar", "Standard"), Text("Hasil", "Verdict"), Text("Sumber", "Source"),
    )  # fmt: skip
    names = {actor.code: actor.label.say(language) for actor in lanes}
    yield f"<h2>{Text('Langkah SOP', 'Steps of the SOP').say(language)}</h2>"
    yield from _table(heads, language)
    for line in in_order(story):
        yield _row(line, names, language)
    yield "</tbody></table>"


def _row(line: StepLine, names: dict[str, str], language: Language) -> str:
    name = f"{line.step}. {line.name.say(language)}" + (f" ({line.round})" if line.round > 1 else "")
    standard = length(line.standard_seconds).say(language) if line.standard_seconds else NOTHING
    cells = (
        ("", name),
        ("", names.get(line.actor or "", NOTHING)),
        ("", line.by or NOTHING),
        ("when", moment(line.started_at)),
        ("when", moment(line.ended_at) if line.ended_at else NOTHING),
        ("number", NOTHING if line.seconds is None else length(line.seconds).say(language)),
        ("number", standard),
        ("verdict", verdict(line.seconds, line.within, line.skip_reason is not None).say(language)),
        ("", sources(line, language)),
    )
    return f'<tr class="{kind_of(line)}">' + "".join(map(_cell, cells)) + "</tr>"


def _events(story: CaseStory, lanes: Sequence[Actor], language: Language) -> Iterator[str]:
    heads = (Text("Waktu (WIB)", "Time (WIB)"), Text("Lajur", "Lane"), Text("Oleh", "By"),
             Text("Peristiwa", "Event"))  # fmt: skip
    names = {actor.code: actor.label.say(language) for actor in lanes}
    yield f"<h2>{Text('Peristiwa', 'What happened').say(language)}</h2>"
    yield from _table(heads, language)
    for event in story.events:
        cells = (
            ("when", moment(event.at)),
            ("", names.get(event.lane, NOTHING)),
            ("", event.by or NOTHING),
            ("", event.text.say(language)),
        )
        yield "<tr>" + "".join(map(_cell, cells)) + "</tr>"
    yield "</tbody></table>"


def _table(heads: Sequence[Text], language: Language) -> Iterator[str]:
    yield "<table><thead><tr>"
    yield "".join(f'<th scope="col">{escape(head.say(language))}</th>' for head in heads)
    yield "</tr></thead><tbody>"


def _cell(cell: tuple[str, str]) -> str:
    style, text = cell
    return f'<td class="{style}">{escape(text)}</td>' if style else f"<td>{escape(text)}</td>"
