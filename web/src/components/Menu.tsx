import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";
import css from "./Menu.module.css";

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  onSelect(): void;
}

/** A menu on a button. `trigger` is the button. */
export function Menu({ trigger, items }: { trigger: ReactNode; items: (MenuItem | "line")[] }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className={css.menu} align="end" sideOffset={6} collisionPadding={8}>
          {items.map((item, index) =>
            item === "line" ? (
              <Radix.Separator key={`line-${index}`} className={css.line} />
            ) : (
              <Radix.Item
                key={item.label}
                className={`${css.item} ${item.danger ? css.danger : ""}`}
                disabled={item.disabled}
                onSelect={item.onSelect}
              >
                {item.icon}
                {item.label}
              </Radix.Item>
            ),
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
