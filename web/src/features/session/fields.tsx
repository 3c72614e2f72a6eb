import { Check, Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { IconButton } from "@/components/Button";
import { Field } from "@/components/Field";
import { digits, PASSWORD_RULES } from "./rules";
import css from "./Session.module.css";
import type { Visit } from "./visit";

export function EmailField({ visit, error, autoFocus }: { visit: Visit; error?: string; autoFocus?: boolean }) {
  return (
    <Field
      label="Email"
      name="username"
      type="email"
      autoComplete="username"
      inputMode="email"
      autoCapitalize="none"
      spellCheck={false}
      required
      autoFocus={autoFocus}
      value={visit.email}
      onChange={(event) => visit.setEmail(event.target.value)}
      error={error}
    />
  );
}

/** `fresh`: a password that is chosen here, so its rules are shown. */
export function PasswordField({ visit, error, fresh = false }: { visit: Visit; error?: string; fresh?: boolean }) {
  const [shown, setShown] = useState(false);
  return (
    <div className={css.password}>
      <Field
        label={fresh ? "New password" : "Password"}
        name="password"
        type={shown ? "text" : "password"}
        autoComplete={fresh ? "new-password" : "current-password"}
        autoCapitalize="none"
        spellCheck={false}
        required
        value={visit.password}
        onChange={(event) => visit.setPassword(event.target.value)}
        error={error}
        trailing={
          <IconButton label={shown ? "Hide what is typed" : "Show what is typed"} onClick={() => setShown(!shown)}>
            {shown ? <EyeOff size={20} /> : <Eye size={20} />}
          </IconButton>
        }
      />
      {fresh && (
        <ul className={css.rules} aria-label="Rules">
          {PASSWORD_RULES.map((rule) => {
            const holds = rule.holds(visit.password);
            return (
              <li key={rule.text} className={holds ? css.holds : undefined}>
                <Check size={14} aria-hidden="true" />
                {rule.text}
                <span className="visually-hidden">{holds ? "(done)" : "(missing)"}</span>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}

export function CodeField({ code, onChange, error }: { code: string; onChange(code: string): void; error?: string }) {
  return (
    <Field
      label="Code"
      name="code"
      autoComplete="one-time-code"
      inputMode="numeric"
      required
      autoFocus
      value={code}
      onChange={(event) => onChange(digits(event.target.value))}
      error={error}
    />
  );
}
