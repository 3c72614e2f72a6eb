import { ArrowDown, ArrowUp } from "lucide-react";
import { after, type Column, type Sort } from "./sorting";
import css from "./Columns.module.css";

const NAMES = [
  { column: "title", label: "Title" },
  { column: "artist", label: "Artist" },
] as const;
const FIGURES = [
  { column: "bpm", label: "BPM" },
  { column: "key", label: "Key" },
  { column: "length", label: "Length" },
] as const;

interface Props {
  sort: Sort;
  onSort(sort: Sort): void;
}

/** The headings of the list on wide screens: each sorts by its column. */
export function Columns({ sort, onSort }: Props) {
  const heading = ({ column, label }: { column: Column; label: string }) => {
    const way = sort === column ? "up" : sort === `-${column}` ? "down" : null;
    const said = way && (way === "up" ? "smallest first" : "greatest first");
    return (
      <Heading
        key={column}
        column={column}
        label={label}
        way={way}
        said={said}
        onClick={() => onSort(after(column, sort))}
      />
    );
  };
  const added = sort === "newest" ? "down" : sort === "oldest" ? "up" : null;
  return (
    <div className={css.columns} role="group" aria-label="Sort by column">
      <div className={css.names}>{NAMES.map(heading)}</div>
      {FIGURES.map(heading)}
      <Heading
        column="added"
        label="Added"
        way={added}
        said={added && `${sort} first`}
        onClick={() => onSort(after("added", sort))}
      />
    </div>
  );
}

function Heading(props: {
  column: Column | "added";
  label: string;
  way: "up" | "down" | null;
  said: string | null;
  onClick(): void;
}) {
  const { column, label, way, said, onClick } = props;
  return (
    <button
      type="button"
      className={css[column]}
      aria-pressed={way !== null}
      aria-label={said ? `${label}, ${said}` : label}
      onClick={onClick}
    >
      {label}
      {way === "up" && <ArrowUp size={14} aria-hidden="true" />}
      {way === "down" && <ArrowDown size={14} aria-hidden="true" />}
    </button>
  );
}
