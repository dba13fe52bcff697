// The desk's live feed: a snapshot with its cursor, then every change; it comes back by itself.
import { useEffect, useRef, useState } from "react";
import { currentCsrf, type DeskView, type FeedMessage } from "./api/client";

const STALE_MS = 10_000;

export interface Desk {
  view: DeskView | null;
  /** Server time minus this browser's, in milliseconds: clocks run on the server's. */
  offset: number;
  staleSeconds: number;
  signedOut: boolean;
}

export function useDeskFeed(): Desk {
  const [view, setView] = useState<DeskView | null>(null);
  const [offset, setOffset] = useState(0);
  const [staleSeconds, setStale] = useState(0);
  const [signedOut, setSignedOut] = useState(false);
  const socket = useRef<WebSocket | null>(null);

  useEffect(() => {
    let closed = false;
    let cursor: number | null = null;
    let wait = 300;
    let heard = Date.now();
    let timer = 0;

    const connect = () => {
      const scheme = location.protocol === "https:" ? "wss" : "ws";
      const link = new WebSocket(`${scheme}://${location.host}/api/feed`);
      socket.current = link;
      link.onopen = () => link.send(JSON.stringify({ type: "hello", csrf: currentCsrf(), cursor }));
      link.onmessage = (event: MessageEvent<string>) => {
        const message = JSON.parse(event.data) as FeedMessage;
        wait = 300;
        heard = Date.now();
        cursor = message.cursor;
        setStale(0);
        setOffset(Date.parse(message.server_at) - Date.now());
        setView((known) => ({ ...known, ...message.desk }) as DeskView);
      };
      link.onclose = (event) => {
        if (closed) return;
        if (event.code === 4401) return setSignedOut(true);
        timer = window.setTimeout(connect, wait * (0.5 + Math.random() / 2));
        wait = Math.min(wait * 2, 8000);
      };
    };
    connect();
    const watch = window.setInterval(() => {
      const silent = Date.now() - heard;
      setStale(silent > STALE_MS ? Math.round(silent / 1000) : 0);
    }, 1000);
    return () => {
      closed = true;
      window.clearTimeout(timer);
      window.clearInterval(watch);
      socket.current?.close();
    };
  }, []);

  // The pop counts as shown once it is painted: two frames after it was put into the page.
  const ringing = view?.pop?.phase === "ringing" ? view.pop.call_id : null;
  useEffect(() => {
    if (!ringing) return;
    const painted = () => socket.current?.send(JSON.stringify({ type: "shown", call_id: ringing }));
    const frame = requestAnimationFrame(() => requestAnimationFrame(painted));
    return () => cancelAnimationFrame(frame);
  }, [ringing]);

  return { view, offset, staleSeconds, signedOut };
}
