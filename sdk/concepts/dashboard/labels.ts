/** Classes by the folders that images lie in: `Forest/Forest_12.jpg` is of class Forest. */
import { folderOf } from '../row-files.ts';

/** More folders than this are an archive's, not classes. */
const MOST_CLASSES = 256;
/** Images a class should have on average to be one. */
const FEWEST_IMAGES = 5;

export interface FolderClasses {
  /** Sorted. */
  readonly names: readonly string[];
  /** Class of each file. */
  readonly labels: Int32Array;
}

/** Classes of files; undefined where the folders tell none. */
export function folderClasses(files: readonly string[]): FolderClasses | undefined {
  const folders = files.map(folderOf);
  const names = [...new Set(folders)].sort();
  const few = names.length < 2 || names.length > MOST_CLASSES || files.length < FEWEST_IMAGES * names.length;
  if (few || names[0] === '') return undefined;
  const place = new Map(names.map((name, i) => [name, i]));
  return { names, labels: Int32Array.from(folders, (folder) => place.get(folder) ?? 0) };
}
