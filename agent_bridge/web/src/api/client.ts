// The API as the pages use it; types come from its OpenAPI document.
import { sentence, storedLanguage } from "../text";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type SessionView = Schemas["SessionView"];
export type DeskView = Schemas["DeskView"];
export type PopView = Schemas["PopView"];
export type StepView = Schemas["StepView"];
export type DeskChoices = Schemas["DeskChoices"];
export type ColleagueView = Schemas["ColleagueView"];
export type ColleaguesView = Schemas["ColleaguesView"];
export type PhoneView = Schemas["PhoneView"];
export type SipAccount = Schemas["SipAccount"];
export type PracticeView = Schemas["PracticeView"];
export type PracticePhone = Schemas["PracticePhone"];
export type FeedMessage = Schemas["FeedMessage"];
export type CaseView = Schemas["CaseView"];
export type CaseLine = Schemas["CaseLine"];
export type CaseList = Schemas["CaseList"];
export type CaseStepView = Schemas["CaseStepView"];
export type ActView = Schemas["ActView"];
export type WarningView = Schemas["WarningView"];
export type ChoicesView = Schemas["ChoicesView"];
export type SuggestionView = Schemas["SuggestionView"];
export type LabelView = Schemas["LabelView"];
export type FaqHit = Schemas["FaqHit"];
export type FaqHits = Schemas["FaqHits"];
export type ArticleView = Schemas["ArticleView"];
export type CallBackBoard = Schemas["CallBackBoard"];
export type CallBackLine = Schemas["CallBackLine"];
export type Placed = Schemas["Placed"];
export type CauseView = Schemas["CauseView"];
export type CauseList = Schemas["CauseList"];
export type Hints = Schemas["Hints"];
export type StatusAnswer = Schemas["StatusAnswer"];
export type FormChoices = Schemas["FormChoices"];
export type Registered = Schemas["Registered"];
export type SlipTaken = Schemas["SlipTaken"];
export type PinView = Schemas["PinView"];
export type Role = SessionView["user"]["role"];
export type FormField = "name" | "nik" | "phone" | "district" | "type" | "category" | "story" | "outline" | "solution" | "recap";
export type Typed = Partial<Record<FormField, string>>;

/** A refusal of the server, in the reader's language. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

/** The server did not answer, however often it was asked. */
export class NoAnswer extends Error {}

let csrf = "";
const WAITS_MS = [400, 1200, 3000];
/** What is asked for under these addresses counts once, by the key it carries. */
const KEYED = /^\/api\/(cases|call-backs|causes|paper|registrations)\b/;
/** Acts that went out and were not answered: done again, such an act goes out under the key it had. */
const unanswered = new Map<string, string>();

/** Asks the server. What carries a key is tried again `waits` milliseconds later, and counts once. */
export async function call<T = void>(method: string, path: string, body?: unknown, waits: readonly number[] = WAITS_MS): Promise<T> {
  if (method === "GET" || !KEYED.test(path)) return once<T>(method, path, body);
  const act = `${method} ${path} ${JSON.stringify(body)}`;
  const key = unanswered.get(act) ?? newKey();
  // An act that is not tried again here is its caller's to repeat, and leaves nothing behind.
  if (waits.length) unanswered.set(act, key);
  for (const wait of [...waits, null]) {
    try {
      const answer = await once<T>(method, path, body, key);
      unanswered.delete(act);
      return answer;
    } catch (fault) {
      const again = fault instanceof NoAnswer || (fault instanceof Refusal && fault.status === 503);
      if (!again) unanswered.delete(act);
      if (!again || wait === null) throw fault;
      await new Promise((done) => window.setTimeout(done, wait));
    }
  }
  throw new NoAnswer();
}

async function once<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
  const headers: Record<string, string> = { "Accept-Language": storedLanguage(), "X-CSRF-Token": csrf };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const request = { method, headers, body: body === undefined ? null : JSON.stringify(body) };
  const response = await fetch(path, request).catch(() => {
    throw new NoAnswer(sentence("networkDown"));
  });
  const answer: unknown = response.status === 204 ? undefined : await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(response.status, (answer as { detail?: string }).detail ?? response.statusText);
  return answer as T;
}

/** A random UUID; `crypto.randomUUID` is missing on pages without TLS. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

async function opened(session: Promise<SessionView>): Promise<SessionView> {
  const view = await session;
  csrf = view.csrf;
  return view;
}

export const signIn = (username: string, password: string) =>
  opened(call<SessionView>("POST", "/api/session", { username, password }));
export const signInOnce = (token: string) => opened(call<SessionView>("POST", "/api/session/once", { token }));
export const whoAmI = () => opened(call<SessionView>("GET", "/api/session"));
export const currentCsrf = () => csrf;
