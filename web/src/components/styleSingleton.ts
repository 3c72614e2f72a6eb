import { useEffect } from "react";

/**
 * In place of the package of this name (vite.config.ts), by which Radix stops the page from scrolling behind a dialog. That
 * one writes a <style> element, which the Content-Security-Policy refuses; a constructed sheet is allowed.
 */
export function styleSingleton(): (props: { styles: string; dynamic?: boolean }) => null {
  let users = 0;
  let sheet: CSSStyleSheet | undefined;
  return function Sheet({ styles }) {
    useEffect(() => {
      if (users++ === 0) {
        sheet = new CSSStyleSheet();
        sheet.replaceSync(styles);
        document.adoptedStyleSheets.push(sheet);
      }
      return () => {
        if (--users > 0) return;
        document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
      };
    }, [styles]);
    return null;
  };
}
