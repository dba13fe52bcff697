// The API as the pages use it; types come from its OpenAPI document.
import { storedLanguage } from "../text";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type SessionView = Schemas["SessionView"];
export type DeskView = Schemas["DeskView"];
export type PopView = Schemas["PopView"];
export type StepView = Schemas["StepView"];
export type DeskChoices = Schemas["DeskChoices"];
export type PhoneView = Schemas["PhoneView"];
export type SipAccount = Schemas["SipAccount"];
export type PracticeView = Schemas["PracticeView"];
export type PracticePhone = Schemas["PracticePhone"];
export type FeedMessage = Schemas["FeedMessage"];

/** A refusal of the server, in the reader's language. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

let csrf = "";

export async function call<T = void>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { "Accept-Language": storedLanguage(), "X-CSRF-Token": csrf };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  const answer: unknown = response.status === 204 ? undefined : await response.json();
  if (!response.ok) throw new Refusal(response.status, (answer as { detail?: string }).detail ?? response.statusText);
  return answer as T;
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
