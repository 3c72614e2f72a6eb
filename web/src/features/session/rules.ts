/** What the user pool asks of a password (templates/auth.yaml), in the order in which it is shown. */
export const PASSWORD_RULES: readonly { text: string; holds(password: string): boolean }[] = [
  { text: "10 characters or more", holds: (password) => [...password].length >= 10 },
  { text: "a small letter", holds: (password) => /[a-z]/.test(password) },
  { text: "a capital letter", holds: (password) => /[A-Z]/.test(password) },
  { text: "a digit", holds: (password) => /[0-9]/.test(password) },
  { text: "no space at its ends", holds: (password) => password !== "" && password === password.trim() },
];

export const passwordFault = (password: string): string | undefined =>
  PASSWORD_RULES.every((rule) => rule.holds(password)) ? undefined : "The password does not follow the rules yet.";

export const emailFault = (email: string): string | undefined =>
  /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim()) ? undefined : "Enter your email address, such as you@example.com.";

export const codeFault = (code: string): string | undefined =>
  /^\d{6}$/.test(code) ? undefined : "Enter the six digits of the code.";

/** What somebody types or pastes as a code: its digits. */
export const digits = (text: string): string => text.replace(/\D/g, "").slice(0, 6);
