// Who is signed in, and which page is theirs.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { call, Refusal, type Role, type SessionView, whoAmI } from "./api/client";

const PAGES: Partial<Record<Role, string>> = {
  agent: "/meja",
  dispatcher: "/dispatcher",
  supervisor: "/pengawas",
  official: "/pejabat",
};

/** Where a role goes after signing in; the entrance says so plainly where it has no page yet. */
export const pageOf = (role: Role): string => PAGES[role] ?? "/";

/** The session of somebody in one of these roles; everybody else is led where they belong. */
export function useSession(...roles: Role[]): { session: SessionView | null; fault: string } {
  const navigate = useNavigate();
  const { data, error } = useQuery({ queryKey: ["session"], queryFn: whoAmI, retry: false });
  const allowed = data && roles.includes(data.user.role);
  useEffect(() => {
    if (error instanceof Refusal && error.status === 401) void navigate({ to: "/masuk" });
    else if (data && !allowed) void navigate({ to: "/" });
  }, [data, error, allowed, navigate]);
  return { session: allowed ? data : null, fault: error?.message ?? "" };
}

export function useSignOut(): () => Promise<void> {
  const navigate = useNavigate();
  return async () => {
    await call("DELETE", "/api/session").catch(() => undefined);
    await navigate({ to: "/masuk" });
  };
}
