// The pages put together: theme, language, routes.
import "@mantine/core/styles.css";
import "./page.css";
import { createTheme, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRootRoute, createRoute, createRouter, Outlet, RouterProvider } from "@tanstack/react-router";
import { StrictMode, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { DeskPage } from "./pages/Desk";
import { DispatcherPage } from "./pages/Dispatcher";
import { HomePage } from "./pages/Home";
import { OfficialPage } from "./pages/Official";
import { PaperPage } from "./pages/Paper";
import { PracticePage } from "./pages/Practice";
import { RegisterPage } from "./pages/Register";
import { SignInPage } from "./pages/SignIn";
import { StatusPage } from "./pages/Status";
import { SupervisorPage } from "./pages/Supervisor";
import { type Language, LanguageContext, storedLanguage } from "./text";

const theme = createTheme({
  primaryColor: "teal",
  primaryShade: { light: 9, dark: 7 },
  fontFamily: "system-ui, 'DejaVu Sans', sans-serif",
  defaultRadius: "sm",
});

const root = createRootRoute({ component: Outlet });
const routes = root.addChildren([
  createRoute({ getParentRoute: () => root, path: "/", component: HomePage }),
  createRoute({ getParentRoute: () => root, path: "/masuk", component: SignInPage }),
  createRoute({ getParentRoute: () => root, path: "/meja", component: DeskPage }),
  createRoute({ getParentRoute: () => root, path: "/dispatcher", component: DispatcherPage }),
  createRoute({ getParentRoute: () => root, path: "/pejabat", component: OfficialPage }),
  createRoute({ getParentRoute: () => root, path: "/pengawas", component: SupervisorPage }),
  createRoute({ getParentRoute: () => root, path: "/kertas", component: PaperPage }),
  createRoute({ getParentRoute: () => root, path: "/status", component: StatusPage }),
  createRoute({ getParentRoute: () => root, path: "/daftar", component: RegisterPage }),
  createRoute({ getParentRoute: () => root, path: "/telepon", component: PracticePage }),
]);
const router = createRouter({ routeTree: routes });
declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
const queries = new QueryClient({ defaultOptions: { queries: { retry: 1, refetchOnWindowFocus: false, networkMode: "always" } } });

function Pages() {
  const [language, setLanguage] = useState<Language>(storedLanguage());
  const context = useMemo(
    () => ({
      language,
      choose: (chosen: Language) => {
        localStorage.setItem("hotline.language", chosen);
        document.documentElement.lang = chosen;
        setLanguage(chosen);
      },
    }),
    [language],
  );
  return (
    <LanguageContext value={context}>
      <RouterProvider router={router} />
    </LanguageContext>
  );
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="light">
      <QueryClientProvider client={queries}>
        <Pages />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
