/**
 * What compiles but can never run as a process: floats, clocks, randomness, the host's console. The
 * profile refuses the module anyway; this names the line and what to write instead.
 *
 * @module
 */

import { type CompileDiagnostic, frameOf, placeOf } from "./compile-diagnostics.ts";

interface Rule {
  readonly code: string;
  readonly pattern: RegExp;
  readonly message: string;
}

const rules: readonly Rule[] = [
  {
    code: "LINT_FLOAT_TYPE",
    pattern: /(?<=[:<|,]\s*|\bas\s+)number\b|\b(?:f32|f64|Float32Array|Float64Array)\b/g,
    message: "floats are not deterministic everywhere; write u64, i64, u32, i32 or U128",
  },
  {
    code: "LINT_FLOAT_LITERAL",
    pattern: /(?<![\w.$)\]])\d[\d_]*\.\d[\d_]*(?:[eE][+-]?\d+)?\b/g,
    message: "a float literal; scale amounts to integers (tokens use 10^Denomination)",
  },
  {
    code: "LINT_PARSE_NUMBER",
    pattern: /(?<![\w.$])(?:parseInt|parseFloat|Number\.parse(?:Int|Float))\s*\(/g,
    message: "answers a float; write U64.parseInt(text), I32.parseInt(text) or U128.parse(text)",
  },
  {
    code: "LINT_RANDOM",
    pattern:
      /(?<![\w.$])(?:Math|Mathf|NativeMath|NativeMathf)\s*\.\s*random\b|(?<![\w.$])crypto\s*\./g,
    message: "a process has no randomness: everything it knows comes with its messages",
  },
  {
    code: "LINT_MATH",
    pattern: /(?<![\w.$])(?:Math|Mathf|NativeMath|NativeMathf)\s*\.(?!\s*random\b)/g,
    message: "computes with floats; write the integer functions min, max, abs, or `**` of integers",
  },
  {
    code: "LINT_CLOCK",
    pattern: /(?<![\w.$])(?:Date\s*\.\s*now|performance\s*\.\s*now)\b/g,
    message: "a process has no clock; write message.timestamp",
  },
  {
    code: "LINT_CONSOLE",
    pattern: /(?<![\w.$])(?:console\s*\.|trace\s*\()/g,
    message: "a process has no console; write log(text)",
  },
];

/** All findings in one file of the developer. */
export function lintSource(file: string, text: string): CompileDiagnostic[] {
  const code = blankCommentsAndStrings(text);
  const found: CompileDiagnostic[] = [];
  for (const rule of rules) {
    for (const match of code.matchAll(rule.pattern)) {
      const place = placeOf(text, match.index);
      const frame = frameOf(text, place, match[0].length);
      const { code: name, message } = rule;
      const word = `\`${match[0].replace(/[\s(.]+$/, "")}\` ${message}`;
      found.push({ severity: "error", code: name, message: word, file, ...place, frame });
    }
  }
  return found.sort((left, right) => left.line - right.line || left.column - right.column);
}

/** The same text, of the same length, with spaces for comments and the content of strings. */
function blankCommentsAndStrings(text: string): string {
  let code = "";
  let at = 0;
  // One entry for every `${` that is open: how many braces are open within it.
  const templates: number[] = [];
  while (at < text.length) {
    const open = templates.at(-1);
    const closesTemplate = open === 0 && text[at] === "}";
    const silent =
      closesTemplate || text[at] === "`" ? templatePart(text, at) : silentPart(text, at);
    if (closesTemplate) templates.pop();
    if (silent > at) {
      const part = text.slice(at, silent);
      if (part.endsWith("${")) templates.push(0);
      code += part.replace(/[^\n]/g, " ");
      at = silent;
      continue;
    }
    if (open !== undefined && text[at] === "{") templates[templates.length - 1] = open + 1;
    if (open !== undefined && text[at] === "}") templates[templates.length - 1] = open - 1;
    code += text[at];
    at += 1;
  }
  return code;
}

const silent = /\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?/y;
const template = /[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{|$)/y;

/** The end of a comment or string that begins at `at`; `at` where none does. */
function silentPart(text: string, at: number): number {
  silent.lastIndex = at;
  return at + (silent.exec(text)?.[0].length ?? 0);
}

/** The end of a template's text that begins at `at`, after its mark or the next `${`. */
function templatePart(text: string, at: number): number {
  template.lastIndex = at;
  return at + (template.exec(text)?.[0].length ?? 1);
}
