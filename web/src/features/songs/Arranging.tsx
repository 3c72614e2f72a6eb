import { LayoutGrid, ListFilter, Rows3, X } from "lucide-react";
import { useId, useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { FilterDialog } from "./FilterDialog";
import { GROUPINGS, toGrouping } from "./groups";
import type { Layout } from "./layout";
import { spelt } from "./measured";
import { camelotOf, KEYS, type Name, understand, valueOf, withValue } from "./searching";
import { SORTS, toSort } from "./sorting";
import type { View } from "./useView";
import css from "./Arranging.module.css";

interface Props {
  view: View;
  layout: Layout;
  onLayout(layout: Layout): void;
  /** The text of the search field now: the view follows it a moment later. */
  text: string;
  onText(text: string): void;
}

/** Which figures the songs have, their order, groups and layout. */
export function Arranging({ view, layout, onLayout, text, onText }: Props) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const { asked, problems } = understand(text);
  const chosen = NAMES.filter((name) => asked[name]);
  return (
    <>
      <div className={css.arranging}>
        <Button className={css.filter} onClick={() => setOpen(true)}>
          <ListFilter size={18} aria-hidden="true" /> Filter
        </Button>
        {chosen.length > 0 && (
          <ul className={css.chosen} role="list" aria-label="Filters">
            {chosen.map((name) => {
              const label = labelOf(name, text);
              return (
                <li key={name}>
                  <button
                    type="button"
                    className={css.chip}
                    aria-label={`Remove the filter ${label}`}
                    onClick={() => onText(withValue(text, name, ""))}
                  >
                    {label} <X size={16} aria-hidden="true" />
                  </button>
                </li>
              );
            })}
          </ul>
        )}
        <div className={css.sort}>
          <label htmlFor={`${id}-by`}>Group by</label>
          <select id={`${id}-by`} value={view.by} onChange={(event) => view.setBy(toGrouping(event.target.value))}>
            {GROUPINGS.map(({ by, label }) => (
              <option key={by} value={by}>
                {label}
              </option>
            ))}
          </select>
          <label htmlFor={id}>Sort by</label>
          <select id={id} value={view.sort} onChange={(event) => view.setSort(toSort(event.target.value))}>
            {SORTS.map(({ sort, label }) => (
              <option key={sort} value={sort}>
                {label}
              </option>
            ))}
          </select>
        </div>
        <div className={css.layouts} role="group" aria-label="Layout">
          <IconButton label="List" aria-pressed={layout === "list"} onClick={() => onLayout("list")}>
            <Rows3 size={20} />
          </IconButton>
          <IconButton label="Covers" aria-pressed={layout === "grid"} onClick={() => onLayout("grid")}>
            <LayoutGrid size={20} />
          </IconButton>
        </div>
        <div role="status" className={css.problems}>
          {problems.map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
        </div>
      </div>
      {open && <FilterDialog text={text} onApply={onText} onClose={() => setOpen(false)} />}
    </>
  );
}

const NAMES: Name[] = ["bpm", "key", "length"];

/** A filter in words: "120–130 BPM", "A minor (8A) and keys that mix well", "3–5 minutes". */
function labelOf(name: Name, text: string): string {
  const value = valueOf(text, name);
  if (name === "key") {
    const place = camelotOf(value.replace(/^~/, "")) ?? "";
    const key = KEYS.find(({ camelot }) => camelot === place)?.name ?? "";
    return `${spelt(key)} (${place})${value.startsWith("~") ? " and keys that mix well" : ""}`;
  }
  const [from, to] = value.replace("–", "-").split("-");
  const range = to === undefined ? from : !from ? `up to ${to}` : !to ? `from ${from}` : `${from}–${to}`;
  return `${range} ${name === "bpm" ? "BPM" : "minutes"}`;
}
