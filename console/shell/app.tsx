/**
 * The shell: what stands around every view, and which view stands in it. A change of place moves the
 * focus to the view's heading, so that keys and spoken words go on from there.
 *
 * @module
 */

import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { KeyBadge } from "../acts/key-gate.tsx";
import { useResource } from "../network/resource.ts";
import { type Network, openNetwork } from "../network/units.ts";
import { CopyId } from "../parts/copy-id.tsx";
import { Empty, Shown } from "../parts/notice.tsx";
import { linkTo, matchPlace, type Parameters, type Place, parsePlace } from "./router.ts";
import { chooseTheme, storedTheme, type Theme, themes } from "./theme.ts";
import type { View } from "./view.ts";
import { views } from "./views.tsx";

/** The page, for the network of one messenger. */
export function App({ messengerUrl }: { readonly messengerUrl: string }): VNode {
  const place = usePlace();
  const use = useResource(messengerUrl, (signal) => openNetwork(messengerUrl, signal));
  const found = viewAt(place);
  const main = useRef<HTMLElement>(null);
  useArrival(place, main, found?.view.title ?? "Nowhere");
  const id = use.resource.state === "ready" ? use.resource.value.id : null;
  return (
    <>
      {/* No link: the address behind # is the place, and would change. */}
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <Header found={found} />
      <main id="main" ref={main} tabIndex={-1}>
        <Shown use={use} what="the network">
          {(network: Network) => <Found found={found} network={network} place={place} />}
        </Shown>
      </main>
      <footer>
        {id === null ? null : (
          <>
            <span>Network</span> <CopyId id={id} of="network" />
          </>
        )}
      </footer>
    </>
  );
}

interface FoundView {
  readonly view: View;
  readonly parameters: Parameters;
}

function viewAt(place: Place): FoundView | null {
  for (const view of views) {
    const parameters = matchPlace(view.pattern, place);
    if (parameters !== null) return { view, parameters };
  }
  return null;
}

function Found(props: {
  readonly found: FoundView | null;
  readonly network: Network;
  readonly place: Place;
}): VNode {
  const { found, network, place } = props;
  if (found === null) {
    return (
      <>
        <h1>Nowhere</h1>
        <Empty title="There is nothing at this address.">
          <p>
            Go to the <a href={linkTo()}>network</a>, and search there.
          </p>
        </Empty>
      </>
    );
  }
  const View = found.view.component;
  const key = `${found.view.pattern} ${Object.values(found.parameters).join(" ")}`;
  return <View key={key} network={network} parameters={found.parameters} query={place.query} />;
}

function Header({ found }: { readonly found: FoundView | null }): VNode {
  return (
    <header>
      <a class="brand" href={linkTo()}>
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <path d="M16 3 27 9.5v13L16 29 5 22.5v-13z" />
          <path d="M16 3v13l11 6.5M16 16 5 22.5" />
        </svg>
        NymCompute
      </a>
      <nav aria-label="Pages">
        {views.map(({ navigation, pattern }) =>
          navigation === undefined ? null : (
            <a
              key={pattern}
              href={`#/${pattern}`}
              aria-current={found?.view.pattern === pattern ? "page" : undefined}
            >
              {navigation}
            </a>
          ),
        )}
      </nav>
      <KeyBadge />
      <ThemeSwitch />
    </header>
  );
}

const themeWords = { system: "System", light: "Light", dark: "Dark" } as const;

function ThemeSwitch(): VNode {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const choose = (event: { readonly currentTarget: HTMLSelectElement }): void => {
    const chosen = themes.find((one) => one === event.currentTarget.value) ?? "system";
    setTheme(chosen);
    chooseTheme(chosen);
  };
  return (
    <label class="theme">
      <span class="hidden">Colours</span>
      <select value={theme} onChange={choose}>
        {themes.map((each) => (
          <option key={each} value={each}>
            {themeWords[each]}
          </option>
        ))}
      </select>
    </label>
  );
}

function usePlace(): Place {
  const [place, setPlace] = useState(() => parsePlace(location.hash));
  useEffect(() => {
    const follow = (): void => setPlace(parsePlace(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return place;
}

/**
 * Titles the window; from the second place on, moves the focus and the view to the top. In the very turn
 * that draws the place: later it would take the focus from whoever has begun to type there.
 */
function useArrival(
  place: Place,
  main: { readonly current: HTMLElement | null },
  title: string,
): void {
  const path = place.parts.join("/");
  const last = useRef(path);
  useLayoutEffect(() => {
    document.title = `${title} · NymCompute`;
    if (last.current === path) return;
    last.current = path;
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [path, title, main]);
}
