"""The words in which stories of cases are told: states, provenances, events, times. Two languages."""

from datetime import datetime

from config.clock import OFFICE_ZONE
from config.errors import Text

STATES = {
    "registered": Text("Terdaftar", "Registered"),
    "with_agent": Text("Ditangani petugas", "With an agent"),
    "abandoned": Text("Ditinggalkan", "Abandoned"),
    "call_back_owed": Text("Akan ditelepon", "Call-back owed"),
    "begun": Text("Mulai dicatat", "Being recorded"),
    "recorded": Text("Dicatat", "Recorded"),
    "analysed": Text("Dianalisa", "Analysed"),
    "searching": Text("Cari solusi", "Looking for a solution"),
    "with_dispatcher": Text("Disposisi dispatcher", "With the dispatcher"),
    "with_official": Text("Disposisi pejabat", "With an official"),
    "returned": Text("Dikembalikan", "Returned"),
    "solved": Text("Tersolusi", "Solved"),
    "awaiting_confirmation": Text("Menunggu konfirmasi", "Awaiting confirmation"),
    "settled": Text("Terkonfirmasi", "Confirmed"),
    "referred": Text("Bukan wewenang", "Another agency's"),
    "merged": Text("Duplikat", "Duplicate"),
    "closed": Text("Selesai", "Closed"),
    "cancelled": Text("Batal", "Cancelled"),
}
PROVENANCES = {
    "observed": Text("diamati", "observed"),
    "inferred": Text("disimpulkan", "inferred"),
    "declared": Text("dinyatakan", "declared"),
    "reconstructed": Text("dipulihkan", "reconstructed"),
}
SIGNS = {"observed": "●", "inferred": "◐", "declared": "○", "reconstructed": "◇"}
MESSAGES = {
    "number": Text("nomor tiket", "ticket number"),
    "progress": Text("perkembangan", "progress"),
    "solution": Text("solusi", "solution"),
    "call_back": Text("telepon kembali ditunda", "call-back put off"),
}
DUES = {
    "call_back": Text("telepon kembali", "call back"),
    "agent": Text("penanganan petugas", "agent's work"),
    "dispatch": Text("teruskan ke pejabat", "forward it"),
    "consult": Text("jawab selagi warga menunggu", "answer the held call"),
    "official": Text("tindak lanjut pejabat", "official's follow-up"),
    "delivery": Text("sampaikan jawaban", "tell the citizen"),
    "confirmation": Text("konfirmasi warga", "citizen's confirmation"),
    "citizen": Text("menunggu warga", "waiting for the citizen"),
    "tell_citizen": Text("kabari warga", "let the citizen know"),
}
EVENTS = {
    "call_arrived": ("citizen", Text("Menelepon", "Called")),
    "ticket_registered": ("system", Text("Nomor tiket terbit", "Ticket number issued")),
    "ticket_continued": ("citizen", Text("Melanjutkan tiket", "Went on with the ticket")),
    "number_spoken": ("system", Text("Nomor tiket dibacakan", "Ticket number read out")),
    "call_queued": ("citizen", Text("Masuk antrean", "Entered the queue")),
    "agent_rang": ("agent", Text("Telepon petugas berdering", "Agent's phone rang")),
    "agent_did_not_answer": ("agent", Text("Tidak diangkat", "Not answered")),
    "agent_answered": ("agent", Text("Menerima panggilan", "Took the call")),
    "call_abandoned": ("citizen", Text("Menutup saat menunggu", "Hung up while waiting")),
    "queue_gave_up": ("system", Text("Antrean dilepas", "The queue let go")),
    "call_back_promised": ("system", Text("Telepon kembali dijanjikan", "Call-back promised")),
    "status_heard": ("citizen", Text("Mendengar status tiket", "Heard the ticket's status")),
    "wait_told": ("system", Text("Lama tunggu terlama disampaikan", "Longest wait told")),
    "call_back_placed": ("agent", Text("Warga mulai ditelepon", "The office began to call")),
    "citizen_answered": ("citizen", Text("Warga mengangkat telepon", "The citizen answered")),
    "citizen_not_reached": ("system", Text("Warga tidak terhubung", "The citizen was not reached")),
    "call_back_put_off": ("system", Text("Telepon kembali ditunda", "Call-back put off")),
    "case_registered": ("citizen", Text("Didaftarkan tanpa telepon", "Registered without a call")),
    "contact_preferred": ("citizen", Text("Memilih cara dihubungi", "Said how to be reached")),
    "linked_to_cause": ("agent", Text("Termasuk peristiwa bersama", "Linked to a common cause")),
    "unlinked_from_cause": ("agent", Text("Bukan bagian peristiwa", "Taken out of the common cause")),
    "call_cut_off": ("system", Text("Panggilan terputus", "The call was cut off")),
    "closing_started": ("agent", Text("Mulai menutup panggilan", "Began to close the call")),
    "talk_ended": ("agent", Text("Percakapan berakhir", "The talk ended")),
    "wrap_up_ended": ("agent", Text("Selesai merekap", "Wrap-up over")),
    "case_opened": ("agent", Text("Tiket dibuka", "Ticket opened")),
    "complainant_filed": ("agent", Text("Pelapor didata", "Complainant filed")),
    "entry_begun": ("agent", Text("Mulai mengisi", "Began to fill in")),
    "identity_recorded": ("agent", Text("Identitas dicatat", "Identity recorded")),
    "complaint_recorded": ("agent", Text("Pengaduan dicatat", "Complaint recorded")),
    "outline_written": ("agent", Text("Kerangka permasalahan ditulis", "Outline written")),
    "faq_opened": ("agent", Text("FAQ dibuka", "FAQ opened")),
    "solution_written": ("agent", Text("Solusi ditulis", "Solution written")),
    "solution_delivered": ("agent", Text("Solusi disampaikan", "Solution delivered")),
    "dispatch_opened": ("agent", Text("Formulir disposisi dibuka", "Dispatch form opened")),
    "sent_to_dispatcher": ("agent", Text("Dikirim ke dispatcher", "Sent to the dispatcher")),
    "forwarded_to_official": ("dispatcher", Text("Diteruskan ke pejabat", "Forwarded to an official")),
    "consult_accepted": ("official", Text("Pejabat menjawab langsung", "The official answers live")),
    "consult_deferred": ("system", Text("Warga dijawab kemudian", "To be told later")),
    "returned": ("official", Text("Dikembalikan", "Returned")),
    "referred_elsewhere": ("dispatcher", Text("Bukan wewenang, dirujuk", "Referred elsewhere")),
    "citizen_confirmed": ("agent", Text("Dikonfirmasi kepada warga", "Confirmed with the citizen")),
    "recap_written": ("agent", Text("Rekap ditulis", "Recap written")),
    "case_closed": ("agent", Text("Tiket ditutup", "Ticket closed")),
    "case_cancelled": ("agent", Text("Tiket dibatalkan", "Ticket cancelled")),
    "case_reopened": ("agent", Text("Tiket dibuka kembali", "Ticket reopened")),
    "follow_up_done": ("official", Text("Tindak lanjut", "Follow-up")),
    "wait_for_citizen_begun": ("official", Text("Menunggu warga", "Waiting for the citizen")),
    "wait_for_citizen_ended": ("official", Text("Tidak lagi menunggu warga", "No longer waiting")),
    "due_missed": ("system", Text("Batas waktu terlewat", "Due time missed")),
    "taken_over": ("supervisor", Text("Diambil alih", "Taken over")),
    "call_back_tried": ("agent", Text("Warga ditelepon", "Citizen called back")),
    "citizen_told": ("agent", Text("Warga diberi kabar", "Citizen told")),
    "merged": ("agent", Text("Digabung dengan tiket lain", "Merged with another ticket")),
    "unmerged": ("agent", Text("Dipisah lagi", "Separated again")),
    "step_skipped": ("agent", Text("Langkah dilewati", "Step skipped")),
    "step_done": ("agent", Text("Langkah dinyatakan selesai", "Step declared done")),
}
"""What a story tells of, in which role it is done where the fact itself does not say, and its words."""
_UNITS = (
    (86400, Text("hari", "d")),
    (3600, Text("jam", "h")),
    (60, Text("mnt", "min")),
    (1, Text("dtk", "s")),
)


def moment(at: datetime) -> str:
    """An instant on the office's clock."""
    return f"{at.astimezone(OFFICE_ZONE):%d/%m/%Y %H.%M.%S}"


def length(seconds: float) -> Text:
    """A length of time in its two largest units: `4 mnt 10 dtk`."""
    left, found = round(seconds), list[tuple[int, Text]]()
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            found.append((count, unit))
    shown = found[:2] or [(0, _UNITS[-1][1])]
    return Text(
        " ".join(f"{count} {unit.id}" for count, unit in shown),
        " ".join(f"{count} {unit.en}" for count, unit in shown),
    )


def verdict(seconds: float | None, within: bool | None, skipped: bool) -> Text:
    """How a step did against its standard, in a word."""
    if skipped:
        return Text("dilewati", "skipped")
    if seconds is None:
        return Text("berjalan", "running")
    if within is None:
        return Text("tanpa standar", "no standard")
    return Text("tepat waktu", "within") if within else Text("TERLAMBAT", "LATE")
