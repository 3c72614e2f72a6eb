interface TrustedTypes {
  createPolicy(name: "default", rules: { createScriptURL(url: string): string }): void;
}

/**
 * What the policy `require-trusted-types-for 'script'` lets through: workers from files of our own. There is no rule for
 * HTML or for script text, so no string of a song can ever become either. Browsers without trusted types ignore it.
 */
export function trustOwnWorkers(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  trustedTypes?.createPolicy("default", {
    createScriptURL(url) {
      if (new URL(url, location.href).origin !== location.origin)
        throw new TypeError(`${url} is not a script of ours.`);
      return url;
    },
  });
}
