import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createCognitoSession } from "./cognito";
import {
  clock,
  CONFIG,
  HOUR,
  KEY,
  idTokenOf,
  json,
  renewed,
  refused,
  pool,
  open,
  keep,
  tellOtherTab,
} from "./cognito.setup";
import { problem } from "./pool";
import { SignedOut } from "./session";

beforeEach(() => {
  localStorage.clear();
  history.replaceState(null, "", "/");
});
afterEach(() => vi.restoreAllMocks());

describe("signing in", () => {
  test("keeps the refresh token and the address, and nothing else", async () => {
    const { session, proven } = open();
    expect(session.state()).toEqual({ status: "out", reason: undefined });
    await session.signIn("Ann@example.com", "secret");
    expect(session.state()).toEqual({ status: "in", email: "ann@example.com" });
    expect(await session.idToken()).toBe(proven.idToken);
    const all = JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage });
    expect(all).toContain("refresh-1");
    expect(all).not.toContain(proven.idToken);
    expect(all).not.toContain("secret");
  });

  test("reads addresses of every script", async () => {
    const { session } = open(CONFIG, { idToken: idTokenOf("żółć@пример.рф"), refreshToken: "r" });
    await session.signIn("x", "y");
    expect(session.state()).toMatchObject({ email: "żółć@пример.рф" });
  });

  test("leaves all as it was when the password is refused", async () => {
    const { session, prove } = open();
    prove.mockRejectedValue(problem("NotAuthorizedException"));
    await expect(session.signIn("ann@example.com", "no")).rejects.toThrow("The email or the password is wrong.");
    expect(session.state().status).toBe("out");
    await expect(session.idToken()).rejects.toThrow(SignedOut);
  });

  test("a kept session is there at once, without a call", () => {
    keep("refresh-1");
    const { session, asked } = open();
    expect(session.state()).toEqual({ status: "in", email: "ann@example.com" });
    expect(asked).toEqual([]);
  });

  test.each(["", "null", "[]", "{", '"x"', '{"email":1,"refreshToken":"r","clientId":"client"}'])(
    "what is kept is damaged: %s",
    (text) => {
      localStorage.setItem(KEY, text);
      expect(open().session.state().status).toBe("out");
    },
  );

  test("a session of another pool is none of ours", () => {
    keep("refresh-1", "ann@example.com", "other-client");
    expect(open().session.state().status).toBe("out");
  });

  test("lasts as long as the tab where storage is blocked", async () => {
    const blocked = () => {
      throw new DOMException("no", "SecurityError");
    };
    vi.spyOn(Storage.prototype, "getItem").mockImplementation(blocked);
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(blocked);
    const { session, proven } = open();
    await session.signIn("ann@example.com", "secret");
    expect(await session.idToken()).toBe(proven.idToken);
  });
});

describe("renewal", () => {
  test("comes five minutes before the end, once for all who ask", async () => {
    const { session, asked, answers, proven } = open();
    await session.signIn("ann@example.com", "secret");
    clock.now += HOUR - 301_000;
    expect(await session.idToken()).toBe(proven.idToken);
    expect(asked).toEqual([]);
    clock.now += 2_000;
    const next = idTokenOf();
    answers.push(renewed(next));
    const all = await Promise.all([session.idToken(), session.idToken(), session.idToken({ renew: true })]);
    expect(all).toEqual([next, next, next]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      action: "InitiateAuth",
      AuthFlow: "REFRESH_TOKEN_AUTH",
      AuthParameters: { REFRESH_TOKEN: "refresh-1" },
    });
    expect(await session.idToken()).toBe(next);
    expect(asked).toHaveLength(1);
  });

  test("on demand, and again on the next demand", async () => {
    const { session, asked, answers } = open();
    await session.signIn("ann@example.com", "secret");
    const [first, second] = [idTokenOf(), idTokenOf()];
    answers.push(renewed(first), renewed(second));
    expect(await session.idToken({ renew: true })).toBe(first);
    expect(await session.idToken({ renew: true })).toBe(second);
    expect(asked).toHaveLength(2);
  });

  test("keeps a refresh token that was changed on the way", async () => {
    keep("refresh-1");
    const { session, answers } = open();
    answers.push(renewed(idTokenOf(), { RefreshToken: "refresh-2" }));
    await session.idToken();
    expect(localStorage.getItem(KEY)).toContain("refresh-2");
    expect(localStorage.getItem(KEY)).not.toContain("refresh-1");
  });

  test.each(["NotAuthorizedException", "UserNotFoundException", "ResourceNotFoundException"])(
    "refused (%s): signed out, with the reason",
    async (code) => {
      keep("refresh-1");
      const { session, answers } = open();
      const listener = vi.fn();
      session.subscribe(listener);
      answers.push(refused(code, "Refresh Token has been revoked"));
      await expect(Promise.all([session.idToken(), session.idToken()])).rejects.toThrow(SignedOut);
      expect(session.state()).toEqual({ status: "out", reason: "Your session has ended. Sign in to go on." });
      expect(localStorage.getItem(KEY)).toBeNull();
      expect(listener).toHaveBeenCalledTimes(1);
    },
  );

  test.each([
    ["no network", new TypeError("Failed to fetch"), "offline"],
    ["a proxy's page", new Response("<html>", { status: 502 }), "offline"],
    ["a busy pool", refused("TooManyRequestsException"), "TooManyRequestsException"],
    ["a pool in trouble", json({ __type: "InternalErrorException" }, 500), "InternalErrorException"],
  ])("%s is no sign-out", async (_, answer, code) => {
    keep("refresh-1");
    const { session, answers } = open();
    answers.push(answer);
    await expect(session.idToken()).rejects.toMatchObject({ name: "Problem", code });
    expect(session.state().status).toBe("in");
    expect(localStorage.getItem(KEY)).toContain("refresh-1");
    const next = idTokenOf();
    answers.push(renewed(next));
    expect(await session.idToken()).toBe(next);
  });

  test("that fails early leaves the token that is still good, but not where a new one was asked for", async () => {
    const { session, answers, proven } = open();
    await session.signIn("ann@example.com", "secret");
    clock.now += HOUR - 60_000;
    answers.push(new TypeError("down"), new TypeError("down"), new TypeError("down"));
    expect(await session.idToken()).toBe(proven.idToken);
    await expect(session.idToken({ renew: true })).rejects.toMatchObject({ code: "offline" });
    clock.now += 120_000;
    await expect(session.idToken()).rejects.toMatchObject({ code: "offline" });
  });

  test("that comes back after a sign-out signs no one in", async () => {
    keep("refresh-1");
    const { session, answers } = open();
    let arrive: (answer: Response) => void = () => undefined;
    answers.push(new Promise((resolve) => (arrive = resolve)));
    const asking = session.idToken();
    await session.signOut();
    arrive(renewed());
    await expect(asking).rejects.toThrow(SignedOut);
    await expect(session.idToken()).rejects.toThrow(SignedOut);
  });

  test("that comes back after another person's sign-in gives that person's token", async () => {
    keep("refresh-1");
    const { session, answers, proven } = open(CONFIG, { idToken: idTokenOf("bob@example.com"), refreshToken: "r-bob" });
    let arrive: (answer: Response) => void = () => undefined;
    answers.push(new Promise((resolve) => (arrive = resolve)));
    const asking = session.idToken();
    await session.signIn("bob@example.com", "secret");
    arrive(renewed(idTokenOf("ann@example.com")));
    expect(await asking).toBe(proven.idToken);
    expect(await session.idToken()).toBe(proven.idToken);
  });
});

describe("signing out", () => {
  test("is over at once, tells the pool, and needs no network", async () => {
    keep("refresh-1");
    const { session, asked, answers } = open();
    answers.push(new TypeError("down"));
    const out = session.signOut("Goodbye.");
    expect(session.state()).toEqual({ status: "out", reason: "Goodbye." });
    expect(localStorage.getItem(KEY)).toBeNull();
    await out;
    expect(asked).toEqual([{ action: "RevokeToken", ClientId: "client", Token: "refresh-1" }]);
  });

  test("first lets what was begun be sent, with a token that is good", async () => {
    keep("refresh-1");
    const { session, answers } = open();
    const token = idTokenOf();
    answers.push(renewed(token));
    const used: string[] = [];
    session.beforeSignOut(async () => void used.push(await session.idToken()));
    session.beforeSignOut(() => Promise.reject(new Error("refused")));
    session.beforeSignOut(() => {
      throw new Error("broken");
    });
    await session.signOut("Goodbye.");
    expect(used).toEqual([token]);
    expect(session.state()).toEqual({ status: "out", reason: "Goodbye." });
  });

  test("waits only so long for that", async () => {
    vi.useFakeTimers();
    keep("refresh-1");
    const { session } = open();
    session.beforeSignOut(() => new Promise(() => undefined));
    void session.signOut();
    await vi.advanceTimersByTimeAsync(2999);
    expect(session.state().status).toBe("in");
    await vi.advanceTimersByTimeAsync(1);
    expect(session.state().status).toBe("out");
    vi.useRealTimers();
  });

  test("does not sign out the next person", async () => {
    keep("refresh-1");
    const { session } = open(CONFIG, { idToken: idTokenOf("bob@example.com"), refreshToken: "r-bob" });
    session.beforeSignOut(() => session.signIn("bob@example.com", "secret"));
    await session.signOut();
    expect(session.state()).toEqual({ status: "in", email: "bob@example.com" });
  });

  test("twice does nothing more", async () => {
    keep("refresh-1");
    const { session, asked } = open();
    await Promise.all([session.signOut(), session.signOut()]);
    expect(asked).toHaveLength(1);
  });
});

describe("two tabs", () => {
  test.each([KEY, null])("signed out in one, signed out in the other (event of %s)", async (key) => {
    keep("refresh-1");
    const { session, asked } = open();
    localStorage.removeItem(KEY);
    tellOtherTab(key);
    expect(session.state()).toEqual({ status: "out", reason: "You signed out in another tab." });
    await expect(session.idToken()).rejects.toThrow(SignedOut);
    expect(asked).toEqual([]);
  });

  test("signed in in one, signed in in the other, with a token of its own", async () => {
    const { session, asked, answers } = open();
    keep("refresh-9", "bob@example.com");
    tellOtherTab();
    expect(session.state()).toEqual({ status: "in", email: "bob@example.com" });
    const token = idTokenOf("bob@example.com");
    answers.push(renewed(token));
    expect(await session.idToken()).toBe(token);
    expect(asked[0]).toMatchObject({ AuthParameters: { REFRESH_TOKEN: "refresh-9" } });
  });

  test("what others keep is no affair of the session", async () => {
    const { session, proven } = open();
    await session.signIn("ann@example.com", "secret");
    const listener = vi.fn();
    session.subscribe(listener);
    tellOtherTab("unplugd.theme");
    tellOtherTab();
    expect(listener).not.toHaveBeenCalled();
    expect(await session.idToken()).toBe(proven.idToken);
  });

  test("a refusal that overtakes the other tab's news is not the end", async () => {
    keep("refresh-1");
    const { session, answers } = open();
    keep("refresh-2");
    const token = idTokenOf();
    answers.push(refused("NotAuthorizedException"), renewed(token));
    expect(await session.idToken()).toBe(token);
    expect(session.state().status).toBe("in");
  });
});

describe("the pool's words", () => {
  test("sign-up, codes and reset are sent as they are", async () => {
    const { session, asked } = open();
    await session.signUp("ann@example.com", "Secret-123");
    await session.resendCode("ann@example.com");
    await session.confirm("ann@example.com", "123456");
    await session.forgot("ann@example.com");
    await session.reset("ann@example.com", "123456", "Secret-456");
    const ann = { ClientId: "client", Username: "ann@example.com" };
    expect(asked).toEqual([
      {
        action: "SignUp",
        ...ann,
        Password: "Secret-123",
        UserAttributes: [{ Name: "email", Value: "ann@example.com" }],
      },
      { action: "ResendConfirmationCode", ...ann },
      { action: "ConfirmSignUp", ...ann, ConfirmationCode: "123456" },
      { action: "ForgotPassword", ...ann },
      { action: "ConfirmForgotPassword", ...ann, ConfirmationCode: "123456", Password: "Secret-456" },
    ]);
  });

  test("a confirmation that was answered already is one", async () => {
    const { session, answers } = open();
    answers.push(refused("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"));
    await session.confirm("ann@example.com", "123456");
  });

  test.each([
    ["CodeMismatchException", "", /not the code/],
    ["com.amazonaws#ExpiredCodeException", "", /ask for a new one/i],
    ["UsernameExistsException", "", /Sign in instead/],
    ["LimitExceededException", "", /Wait some minutes/],
    ["NotAuthorizedException", "Password attempts exceeded", /Wait some minutes/],
    ["SomethingNewException", "Stack trace at 0x1", /has a problem/],
  ])("%s %s", async (code, said, words) => {
    const { session, answers } = open();
    answers.push(refused(code, said));
    await expect(session.forgot("ann@example.com")).rejects.toThrow(words);
  });
});

describe("start links", () => {
  const LOCAL = { ...CONFIG, local: true };

  test("sign in, once, and leave the address bar at once", async () => {
    history.replaceState({ kept: 1 }, "", "/songs/1?q=a#start=the-code");
    const cognito = pool();
    cognito.answers.push(json({ email: "you@unplugd.example", password: "ready" }));
    const prove = vi.fn(() => Promise.resolve({ idToken: idTokenOf("you@unplugd.example"), refreshToken: "r" }));
    const session = createCognitoSession(LOCAL, { fetcher: cognito.fetcher, now: () => clock.now, prove });
    expect(location.pathname + location.search + location.hash).toBe("/songs/1?q=a");
    expect(session.state().status).toBe("loading");
    await vi.waitFor(() => expect(session.state()).toEqual({ status: "in", email: "you@unplugd.example" }));
    expect(cognito.asked).toEqual([{ action: "/local-start", code: "the-code" }]);
    expect(prove).toHaveBeenCalledWith(LOCAL, "you@unplugd.example", "ready");
  });

  test.each([
    [
      "used before",
      json({ error: "forbidden", message: "This start link has been used already." }, 403),
      /used already/,
    ],
    ["no page at all", new TypeError("down"), /No connection/],
    ["nonsense", json({ email: 1 }), /did not work/],
  ])("%s: says so, and a session that is there stays", async (_, answer, words) => {
    history.replaceState(null, "", "/#start=old");
    const { session, answers } = open();
    expect(session.state().status).toBe("out");
    expect(location.hash, "no local stack, no start link").toBe("#start=old");

    const cognito = pool();
    cognito.answers.push(answer instanceof Response ? answer.clone() : answer);
    const local = createCognitoSession(LOCAL, { fetcher: cognito.fetcher });
    await vi.waitFor(() =>
      expect(local.state()).toMatchObject({ status: "out", reason: expect.stringMatching(words) }),
    );

    // A tab that is signed in. (Earlier tabs of this test file would take the code first, so this one opens with it.)
    keep("refresh-1");
    cognito.answers.push(answer);
    history.replaceState(null, "", "/#start=again");
    const another = createCognitoSession(LOCAL, { fetcher: cognito.fetcher });
    const signedIn = { status: "in", email: "ann@example.com", reason: expect.stringMatching(words) };
    await vi.waitFor(() => expect(another.state()).toEqual(signedIn));
    expect(location.hash).toBe("");
    expect(answers).toEqual([]);
  });
});
