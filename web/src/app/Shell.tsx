import { CircleUser, LogOut, Moon, Sun } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { IconButton } from "@/components/Button";
import { Menu } from "@/components/Menu";
import { useSession } from "@/session/context";
import css from "./Shell.module.css";
import { FEATURES } from "./slots";
import { currentTheme, followTheme, switchTheme } from "./theme";

const ENTRIES = FEATURES.flatMap(({ menu = [] }) => menu);

/** The frame of every page except a song's. */
export function Shell({ email, children }: { email: string; children: ReactNode }) {
  const session = useSession();
  const [, go] = useLocation();
  const [theme, setTheme] = useState(currentTheme);
  useEffect(() => followTheme(setTheme), []);
  return (
    <>
      <a className={css.skip} href="#main">
        Skip to content
      </a>
      <header className={css.header}>
        <Link href="/" className={css.brand}>
          <img src="/favicon.svg" alt="" width={28} height={28} /> Unplugd
        </Link>
        <IconButton label={theme === "dark" ? "Light colours" : "Dark colours"} onClick={() => setTheme(switchTheme())}>
          {theme === "dark" ? <Sun size={20} /> : <Moon size={20} />}
        </IconButton>
        <Menu
          trigger={
            <IconButton label={`Account of ${email}`}>
              <CircleUser size={22} />
            </IconButton>
          }
          items={[
            ...ENTRIES.map(({ label, icon: Icon, path }) => ({
              label,
              icon: <Icon size={18} />,
              onSelect: () => go(path),
            })),
            { label: "Sign out", icon: <LogOut size={18} />, onSelect: () => void session.signOut() },
          ]}
        />
      </header>
      <main id="main" className={css.main} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}
