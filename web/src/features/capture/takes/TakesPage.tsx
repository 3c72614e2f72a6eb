import { ArrowLeft } from "lucide-react";
import { useEffect } from "react";
import { Link } from "wouter";
import { Empty } from "@/components/Notice";
import { TakeList } from "./TakeList";
import css from "./Takes.module.css";
import { useTakes } from "./useTakes";

/** All takes of a person, also those without a song. */
export default function TakesPage() {
  const takes = useTakes();
  useEffect(() => {
    document.title = "Takes · Unplugd";
  }, []);
  return (
    <div className={css.page}>
      <header className={css.head}>
        <Link href="/" className={css.back} aria-label="Back to the library" title="Back to the library">
          <ArrowLeft size={22} />
        </Link>
        <h1>Takes</h1>
      </header>
      <TakeList
        takes={takes}
        label="Takes"
        withSong
        empty={
          <Empty title="No takes yet">
            <p>What you record, alone or along with a song, is kept here.</p>
          </Empty>
        }
      />
    </div>
  );
}
