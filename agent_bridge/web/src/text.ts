// Everything the pages say, in Indonesian first and in English.
import { createContext, useContext } from "react";
import { CALL_BACK_TEXTS } from "./text_call_backs";
import { CASE_TEXTS } from "./text_cases";
import { CITIZEN_TEXTS } from "./text_citizen";

export type Language = "id" | "en";

const TEXTS = {
  ...CASE_TEXTS,
  ...CALL_BACK_TEXTS,
  ...CITIZEN_TEXTS,
  title: ["Call Center Dispendukcapil", "Civil registration call centre"],
  practice: ["LATIHAN: tidak ada yang nyata di sini", "PRACTICE: nothing here is real"],
  desk: ["Meja petugas", "Agent's desk"],
  deskHint: ["Terima panggilan dan lihat data penelepon.", "Take calls and see who is calling."],
  practicePhone: ["Telepon latihan", "Practice phone"],
  practiceHint: ["Telepon hotline sebagai warga, dari browser ini.", "Call the hotline as a citizen, from this browser."],
  signIn: ["Masuk", "Sign in"],
  signOut: ["Keluar", "Sign out"],
  username: ["Nama pengguna", "User name"],
  password: ["Kata sandi", "Password"],
  signingIn: ["Sedang masuk ...", "Signing in ..."],
  open: ["Buka", "Open"],
  phone: ["Telepon", "Phone"],
  choosePhone: ["Pilih telepon", "Choose a phone"],
  browserPhone: ["Telepon di browser ini", "Phone in this browser"],
  deskPhone: ["Telepon meja", "Desk phone"],
  ready: ["Siap", "Ready"],
  notReady: ["Tidak siap", "Not ready"],
  goReady: ["Siap menerima", "Be ready"],
  goNotReady: ["Istirahat sejenak ...", "Step away ..."],
  chooseReason: ["Alasan tidak siap", "Reason for being away"],
  signed_out: ["Belum duduk", "Not seated"],
  not_ready: ["Tidak siap", "Not ready"],
  ringing: ["Berdering", "Ringing"],
  talking: ["Bicara", "Talking"],
  wrap_up: ["Rekap", "Wrap-up"],
  queue: ["Antrean", "Queue"],
  longest: ["terlama", "longest"],
  callBacks: ["balik-telepon", "call-backs"],
  readyAgents: ["petugas siap", "agents ready"],
  stale: ["Data lama, {s} detik. Menyambung lagi ...", "Old data, {s} seconds. Reconnecting ..."],
  pbxStale: ["Sambungan ke PBX terputus; panggilan tetap berjalan.", "The link to the PBX is down; calls go on."],
  pbxAbsent: ["Tidak ada PBX di komputer ini.", "There is no PBX on this machine."],
  idleTitle: ["Tidak ada panggilan", "No call"],
  idleReady: ["Telepon berdering di sini bila ada warga yang menunggu.", "The phone rings here when a citizen waits."],
  idleNotReady: ["Anda tidak akan ditelepon sampai memilih Siap.", "You will not be rung until you are ready."],
  idleSignedOut: ["Pilih telepon untuk mulai bertugas.", "Choose a phone to begin your shift."],
  noTicket: ["Belum ada nomor tiket", "No ticket number yet"],
  ticket: ["Tiket", "Ticket"],
  category: ["Perihal", "Matter"],
  noCategory: ["belum dipilih", "not chosen"],
  waited: ["menunggu", "waited"],
  caller: ["Penelepon", "Caller"],
  withheld: ["Nomor dirahasiakan", "Number withheld"],
  known: ["Dikenal: menyebut nomor tiketnya", "Known: keyed in their ticket number"],
  maybe: ["Mungkin dikenal: nomor telepon ini pernah menelepon", "Maybe known: this line called before"],
  unknown: ["Belum dikenal", "Unknown"],
  earlier: ["Tiket sebelumnya", "Earlier tickets"],
  noEarlier: ["Tidak ada tiket sebelumnya.", "No earlier tickets."],
  answer: ["Terima", "Answer"],
  liftPhone: ["Angkat telepon meja Anda.", "Pick up your desk phone."],
  close: ["Tutup panggilan", "Close the call"],
  hangUp: ["Akhiri sekarang", "Hang up now"],
  farewell: [
    "\"Terima kasih, Bapak/Ibu. Layanan ini tidak dipungut biaya.\"",
    "\"Thank you. This service is free of charge.\"",
  ],
  handOn: ["Alihkan ke ...", "Hand on to ..."],
  nobodyFree: ["Tidak ada rekan yang siap.", "No colleague is ready."],
  handOnSure: ["Alihkan penelepon ke {name}? Bagian Anda pada panggilan ini selesai.", "Hand the caller on to {name}? Your part of the call ends."],
  handOnDo: ["Alihkan", "Hand on"],
  ringsForTicket: ["Telepon berdering: tiket {n}", "The phone rings: ticket {n}"],
  talksForTicket: ["Anda berbicara: tiket {n}", "You are talking: ticket {n}"],
  mute: ["Bisu", "Mute"],
  unmute: ["Bicara lagi", "Unmute"],
  muted: ["Mikrofon mati", "Microphone off"],
  wrapUpTitle: ["Rekap panggilan", "Wrap-up"],
  wrapUpHint: ["Telepon tidak berdering sampai rekap selesai.", "The phone does not ring until the wrap-up ends."],
  extend: ["+60 detik", "+60 seconds"],
  endWrapUp: ["Siap sekarang", "Ready now"],
  phoneRegistered: ["Telepon browser tersambung", "Browser phone connected"],
  phoneConnecting: ["Menyambungkan telepon browser ...", "Connecting the browser phone ..."],
  phoneLost: ["Telepon browser terputus. Menyambung lagi ...", "The browser phone lost its link. Reconnecting ..."],
  phoneElsewhere: [
    "Telepon ini dipakai di tab lain. Tutup tab itu atau pilih telepon lagi.",
    "This phone is in use in another tab. Close that tab or choose the phone again.",
  ],
  microphone: [
    "Mikrofon tidak dapat dipakai. Izinkan mikrofon untuk halaman ini, lalu coba lagi.",
    "The microphone cannot be used. Allow it for this page and try again.",
  ],
  dial: ["Telepon", "Dial"],
  line: ["Sebagai", "As"],
  callerNumber: ["nomor buatan", "made-up number"],
  calling: ["Memanggil ...", "Calling ..."],
  inCall: ["Tersambung", "Connected"],
  ended: ["Panggilan selesai", "Call ended"],
  failed: ["Panggilan gagal", "Call failed"],
  hearing: ["Suara yang terdengar", "Sound you hear"],
  nextSteps: [
    "Tekan 1 untuk mendapat nomor. Sambil menunggu, tekan 1 sampai 5 untuk perihal. * mengulang lebih pelan.",
    "Press 1 for a number. While waiting, press 1 to 5 for the matter. * says it again, slower.",
  ],
  beforeDial: [
    "Buka meja petugas di tab lain, pilih telepon browser, lalu Siap. Kemudian telepon dari sini.",
    "Open a desk in another tab, choose the browser phone and be ready. Then dial from here.",
  ],
  keys: ["Tombol pintas", "Keyboard"],
  keysHelp: [
    "Alt+T terima · Alt+B bisu · Alt+U tutup panggilan · Alt+H alihkan · Alt+S siap · Alt+R siap sekarang (rekap) · Alt+O telepon balik · Alt+G, A, C, M, Z peristiwa · Alt+N nama · Alt+Q buku FAQ · Alt+P sampaikan · Alt+K ke dispatcher · Alt+L keluhan lain · Alt+Y ya · Alt+X belum · Alt+J lanjut · Alt+I simpan rekap · Alt+W simpan dan tutup tiket · ? bantuan",
    "Alt+T answer · Alt+B mute · Alt+U close the call · Alt+H hand on · Alt+S ready · Alt+R ready now (wrap-up) · Alt+O call back · Alt+G, A, C, M, Z common cause · Alt+N name · Alt+Q FAQ book · Alt+P tell · Alt+K to the dispatcher · Alt+L another complaint · Alt+Y yes · Alt+X not yet · Alt+J go on · Alt+I save the recap · Alt+W save and close the ticket · ? help",
  ],
  steps: ["Langkah SOP", "SOP steps"],
  step: ["Langkah", "Step"],
  standard: ["standar", "standard"],
  networkDown: ["Server tidak menjawab. Coba lagi.", "The server does not answer. Try again."],
} as const satisfies Record<string, readonly [string, string]>;

export type TextKey = keyof typeof TEXTS;

export const LanguageContext = createContext<{ language: Language; choose: (l: Language) => void }>({
  language: "id",
  choose: () => undefined,
});

export type Say = (key: TextKey, values?: Record<string, string | number>) => string;

export function useText(): Say {
  const { language } = useContext(LanguageContext);
  return (key, values = {}) => said(key, language, values);
}

/** The same outside of the pages' components. */
export function sentence(key: TextKey): string {
  return said(key, storedLanguage(), {});
}

function said(key: TextKey, language: Language, values: Record<string, string | number>): string {
  // A word of the server's that is new to these pages is shown as it is.
  const text: string = TEXTS[key]?.[language === "en" ? 1 : 0] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

export function storedLanguage(): Language {
  return localStorage.getItem("hotline.language") === "en" ? "en" : "id";
}
