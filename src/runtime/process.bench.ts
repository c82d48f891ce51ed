import { bench, describe } from "vitest";
import { StateKernel } from "../state/kernel.ts";
import { compileMischief, mischief, mischiefInbox } from "../testing/mischief-process.ts";
import { Process } from "./process.ts";
import { compileProcessModule } from "./process-module.ts";

const kernel = new StateKernel();
const module = compileProcessModule(await compileMischief());
const gasLimit = 8_000_000;

function started(accounts: number): Process {
  const process = Process.genesis({ module, memoryPagesMax: 256, kernel });
  for (let account = 0; account < accounts; account++) {
    const inbox = mischiefInbox(mischief.deposit, account, 1);
    process.evaluate({ inbox, gasLimit, first: account === 0 });
    process.commit();
  }
  process.takeRoots();
  return process;
}

for (const accounts of [500, 20_000]) {
  describe(`a transfer in a process of ${accounts} accounts`, () => {
    const process = started(accounts);
    let account = 0;
    const deposit = (): void => {
      account = (account * 1_664_525 + 1_013_904_223) >>> 0;
      const inbox = mischiefInbox(mischief.deposit, account % accounts, 1);
      process.evaluate({ inbox, gasLimit, first: false });
    };
    bench("evaluate and roll back", () => {
      deposit();
      process.rollback();
    });
    bench("evaluate, commit, root for each", () => {
      deposit();
      process.commit();
      process.takeRoots();
    });
    bench("evaluate, commit, roots for 32 together", () => {
      for (let k = 0; k < 32; k++) {
        deposit();
        process.commit();
      }
      process.takeRoots();
    });
  });
}

describe("instances", () => {
  bench("genesis, with its root", () => {
    Process.genesis({ module, memoryPagesMax: 256, kernel }).dispose();
  });
});
