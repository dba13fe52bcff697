// A telephone in the browser: JsSIP over the PBX's own WebSocket, sound by WebRTC.
import * as JsSIP from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";
import type { RTCSessionEvent } from "jssip/lib/UA";
import { useEffect, useRef, useState } from "react";
import type { SipAccount } from "./api/client";

export type PhoneState = "connecting" | "registered" | "lost" | "calling" | "ringing" | "talking" | "ended" | "failed";

export interface SoundStats {
  inboundPackets: number;
  outboundPackets: number;
  inboundEnergy: number;
}

declare global {
  interface Window {
    __hotlinePhone?: { stats: () => Promise<SoundStats>; state: () => PhoneState };
  }
}

export class BrowserPhone {
  state: PhoneState = "connecting";
  muted = false;
  microphoneRefused = false;
  since = 0;
  private readonly agent: JsSIP.UA;
  private session: RTCSession | null = null;
  private readonly sound = new Audio();
  private ringTone: RingTone | null = null;

  constructor(
    account: SipAccount,
    private readonly changed: () => void,
  ) {
    this.sound.autoplay = true;
    this.agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(account.ws_url)],
      uri: account.uri,
      authorization_user: account.username,
      password: account.password,
      session_timers: false,
      register_expires: 120,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 8,
    });
    this.agent.on("registered", () => this.session ?? this.become("registered"));
    this.agent.on("disconnected", () => this.become("lost"));
    this.agent.on("registrationFailed", () => this.become("lost"));
    this.agent.on("newRTCSession", (event: RTCSessionEvent) => this.take(event));
    this.agent.start();
    window.__hotlinePhone = { stats: () => this.stats(), state: () => this.state };
  }

  /** What a telephone would show of the other side: for an agent the ticket's last digits. */
  get shows(): string {
    return this.session?.remote_identity.uri.user ?? "";
  }

  call(number: string): void {
    this.microphoneRefused = false;
    this.become("calling");
    this.agent.call(number, { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } });
  }

  answer(): void {
    this.session?.answer({ mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } });
  }

  press(key: string): void {
    this.session?.sendDTMF(key, { transportType: "RFC2833" as never, duration: 160, interToneGap: 120 });
  }

  mute(): void {
    this.muted = !this.muted;
    if (this.muted) this.session?.mute({ audio: true });
    else this.session?.unmute({ audio: true });
    this.changed();
  }

  hangUp(): void {
    if (this.session && !this.session.isEnded()) this.session.terminate();
  }

  stop(): void {
    this.ringTone?.stop();
    this.hangUp();
    this.agent.stop();
    delete window.__hotlinePhone;
  }

  async stats(): Promise<SoundStats> {
    const sum = { inboundPackets: 0, outboundPackets: 0, inboundEnergy: 0 };
    const report = await this.session?.connection?.getStats();
    report?.forEach((entry: Record<string, number | string>) => {
      if (entry.type === "inbound-rtp") {
        sum.inboundPackets += Number(entry.packetsReceived ?? 0);
        sum.inboundEnergy += Number(entry.totalAudioEnergy ?? 0);
      }
      if (entry.type === "outbound-rtp") sum.outboundPackets += Number(entry.packetsSent ?? 0);
    });
    return sum;
  }

  private take({ session, originator }: RTCSessionEvent): void {
    if (this.session && !this.session.isEnded()) {
      session.terminate({ status_code: 486 });
      return;
    }
    this.session = session;
    this.muted = false;
    if (originator === "remote") {
      this.become("ringing");
      this.ringTone = new RingTone();
    }
    // On one machine the first host candidate is all there is; waiting for more only delays the answer.
    session.on("icecandidate", (event) => event.candidate.type === "host" && event.ready());
    session.on("peerconnection", () => this.listen(session));
    if (session.connection) this.listen(session);
    session.on("confirmed", () => this.become("talking"));
    session.on("getusermediafailed", () => {
      this.microphoneRefused = true;
      this.changed();
    });
    session.on("ended", () => this.over("ended"));
    session.on("failed", () => this.over(originator === "remote" ? "ended" : "failed"));
  }

  private listen(session: RTCSession): void {
    session.connection.addEventListener("track", (event) => {
      this.sound.srcObject = event.streams[0] ?? new MediaStream([event.track]);
      void this.sound.play().catch(() => undefined);
    });
  }

  private over(state: PhoneState): void {
    this.session = null;
    this.become(state);
    if (this.agent.isRegistered()) window.setTimeout(() => this.session ?? this.become("registered"), 1500);
  }

  private become(state: PhoneState): void {
    this.state = state;
    this.since = Date.now();
    if (state !== "ringing") {
      this.ringTone?.stop();
      this.ringTone = null;
    }
    this.changed();
  }
}

/** The Indonesian ring, 425 Hz one second on and four off, a little softer. */
class RingTone {
  private readonly context = new AudioContext();
  private readonly timer: number;

  constructor() {
    const ring = () => {
      const tone = this.context.createOscillator();
      const volume = this.context.createGain();
      tone.frequency.value = 425;
      volume.gain.value = 0.15;
      tone.connect(volume).connect(this.context.destination);
      tone.start();
      tone.stop(this.context.currentTime + 1);
    };
    ring();
    this.timer = window.setInterval(ring, 3000);
  }

  stop(): void {
    window.clearInterval(this.timer);
    void this.context.close().catch(() => undefined);
  }
}

/** The phone for an account, or null while there is none; the page is drawn again as it changes. */
export function usePhone(account: SipAccount | null): BrowserPhone | null {
  const [, redraw] = useState(0);
  const phone = useRef<BrowserPhone | null>(null);
  const key = account ? `${account.ws_url}|${account.username}` : "";
  useEffect(() => {
    if (!account) return;
    const mine = new BrowserPhone(account, () => redraw((n) => n + 1));
    phone.current = mine;
    redraw((n) => n + 1);
    return () => {
      mine.stop();
      phone.current = null;
    };
    // The account is the same while its address and name are.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  return phone.current;
}
