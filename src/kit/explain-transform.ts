/**
 * The explaining build's change to the syntax tree: in `assert(a == b, text)` and `guard(a == b, text)`
 * both sides pass through `note` of the SDK, and the text through `shown`, which adds them. Nothing is
 * evaluated twice or in another order. What stands in a literal needs no note, and a comparison with
 * null is left alone, since the compiler takes from it what is not null further down.
 *
 * @module
 */

import * as compiler from "assemblyscript";
import { sdkPath } from "./compile-sources.ts";
import { type Call, callsIn, type Expression, type SourceFile } from "./syntax.ts";

// The compiler declares both as constants that only its own sources could use.
const { NodeKind, Token } = compiler as unknown as {
  readonly NodeKind: Readonly<Record<string, number>>;
  readonly Token: Readonly<Record<string, number>>;
};
const make = compiler.Node as unknown as {
  createIdentifierExpression(text: string, range: object): Expression;
  createNullExpression(range: object): Expression;
  createStringLiteralExpression(value: string, range: object): Expression;
  createCallExpression(
    callee: Expression,
    types: null,
    args: readonly Expression[],
    range: object,
  ): Expression;
};

/** The names under which the two functions of the SDK can be called anywhere. */
const noteName = "__nymcomputeNote";
const shownName = "__nymcomputeShown";

/** Options of the compiler that give these names their functions. */
export const explainOptions: readonly string[] = [
  "--use",
  `${noteName}=${sdkPath}/explain/note`,
  "--use",
  `${shownName}=${sdkPath}/explain/shown`,
];

const assertions: ReadonlySet<string> = new Set(["assert", "guard"]);
/** A file of the SDK whose assertions are about the developer's values. */
const checkedArithmetic = `${sdkPath}/checked`;
/** Characters of the source of one expression that are shown. */
const textMax = 80;

/** Between the pieces of a template: text, number of a value, text, … */
const mark = "\u0001";

const connectives: ReadonlySet<number | undefined> = new Set([
  Token["Ampersand_Ampersand"],
  Token["Bar_Bar"],
]);
const comparisons: ReadonlySet<number | undefined> = new Set(
  [
    ...["Equals_Equals", "Equals_Equals_Equals", "Exclamation_Equals"],
    ...["Exclamation_Equals_Equals", "LessThan", "LessThan_Equals"],
    ...["GreaterThan", "GreaterThan_Equals"],
  ].map((name) => Token[name]),
);

/** A transform in the compiler's sense. */
export const explainTransform: object = {
  afterParse({ sources }: { readonly sources: readonly SourceFile[] }): void {
    let count = 0;
    for (const { internalPath, statements } of sources) {
      if (internalPath.startsWith("~lib/") && internalPath !== checkedArithmetic) continue;
      for (const call of callsIn(statements, NodeKind["Call"])) {
        if (call.expression.kind !== NodeKind["Identifier"]) continue;
        if (assertions.has(call.expression.text ?? "")) explain(call, String(count++));
      }
    }
  },
};

/** Rewrites one assertion, if it has values to tell. */
function explain(call: Call, assertion: string): void {
  const [condition, text] = call.args;
  if (condition === undefined || !beginsWithValue(condition)) return;
  const notes = new Notes(assertion);
  call.args[0] = notes.through(condition);
  const { range } = call;
  call.args[1] = callOf(shownName, range, [
    make.createStringLiteralExpression(assertion, range),
    text ?? make.createNullExpression(range),
    make.createStringLiteralExpression(notes.template, range),
  ]);
}

/**
 * Whether what is evaluated first is noted: that note forgets those of the time before, so that
 * nothing is told of what was not evaluated this time.
 */
function beginsWithValue(expression: Expression): boolean {
  switch (expression.kind) {
    case NodeKind["Call"]:
      return true;
    case NodeKind["Parenthesized"]:
      return beginsWithValue(expression.expression);
    case NodeKind["UnaryPrefix"]:
      return expression.operator === Token["Exclamation"] && beginsWithValue(expression.operand);
    case NodeKind["Binary"]:
      return connectives.has(expression.operator)
        ? beginsWithValue(expression.left)
        : isComparison(expression);
    default:
      return false;
  }
}

function isComparison({ kind, operator, left, right }: Expression): boolean {
  if (kind !== NodeKind["Binary"] || !comparisons.has(operator)) return false;
  return left.kind !== NodeKind["Null"] && right.kind !== NodeKind["Null"];
}

/** The notes of one assertion. */
class Notes {
  /** What is added to the assertion's text. */
  template = "";
  readonly #assertion: string;
  #count = 0;

  constructor(assertion: string) {
    this.#assertion = assertion;
  }

  /** The same condition with its values noted. */
  through(condition: Expression): Expression {
    const { kind, operator } = condition;
    if (kind === NodeKind["Parenthesized"]) {
      condition.expression = this.through(condition.expression);
    } else if (kind === NodeKind["UnaryPrefix"] && operator === Token["Exclamation"]) {
      condition.operand = this.through(condition.operand);
    } else if (kind === NodeKind["Call"]) {
      return this.#noted(`\n  ${textOf(condition)}: `, condition);
    } else if (isComparison(condition)) {
      this.template += `\n  ${textOf(condition)}`;
      condition.left = this.#side("\n    left:  ", condition.left);
      condition.right = this.#side("\n    right: ", condition.right);
    } else if (kind === NodeKind["Binary"] && connectives.has(operator)) {
      condition.left = this.through(condition.left);
      condition.right = this.through(condition.right);
    }
    return condition;
  }

  #side(label: string, side: Expression): Expression {
    if (!isLiteral(side)) return this.#noted(label, side);
    this.template += label + textOf(side);
    return side;
  }

  #noted(label: string, expression: Expression): Expression {
    const number = String(this.#count++);
    this.template += label + mark + number + mark;
    const { range } = expression;
    return callOf(noteName, range, [
      make.createStringLiteralExpression(this.#assertion, range),
      make.createStringLiteralExpression(number, range),
      expression,
    ]);
  }
}

/** What the source says already, and what takes its type from the other side. */
function isLiteral({ kind, operand }: Expression): boolean {
  if (kind === NodeKind["UnaryPrefix"]) return isLiteral(operand);
  return kind === NodeKind["Literal"] || kind === NodeKind["True"] || kind === NodeKind["False"];
}

function callOf(name: string, range: object, args: readonly Expression[]): Expression {
  return make.createCallExpression(make.createIdentifierExpression(name, range), null, args, range);
}

/** The source of an expression on one line. */
function textOf({ range }: Expression): string {
  const { source, start, end } = range;
  const text = source.text.slice(start, end).replace(/\s+/g, " ");
  return text.length <= textMax ? text : `${text.slice(0, textMax)}…`;
}
