/**
 * Arithmetic that aborts where the result does not fit, instead of wrapping silently.
 *
 * @module
 */

export function addChecked(left: u64, right: u64): u64 {
  const sum = left + right;
  assert(sum >= left, "the sum is above 2^64 - 1");
  return sum;
}

export function subtractChecked(left: u64, right: u64): u64 {
  assert(left >= right, "the difference is below zero");
  return left - right;
}

export function multiplyChecked(left: u64, right: u64): u64 {
  const product = left * right;
  assert(left == 0 || product / left == right, "the product is above 2^64 - 1");
  return product;
}
