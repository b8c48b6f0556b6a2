/** Returns the last of a list. (`Array.at` is younger than the oldest browsers that the page runs in.) */
export function last<T>(list: readonly T[]): T | undefined {
  return list[list.length - 1];
}
