import { join, sep } from 'node:path';
import ts from 'typescript';
import { entries, manifest, root } from './packed-package';
import { publicNames } from './public-names';

/**
 * Types that an entry's declarations mention and no entry exports: base classes of shipped classes.
 * An application extends RoutingBackend, or implements EventProcessor, instead of them.
 */
const UNEXPORTED = ['QueuedBackend', 'QueuedRouting', 'SharingProcessor'];

const dist = join(root, 'dist') + sep;
const files = new Map(
  ['.', ...entries.map((name) => `./${name}`)].map((name) => {
    const target = manifest.exports[name] as { readonly types: string };
    return [name, join(root, target.types)] as const;
  }),
);
const program = ts.createProgram([...files.values()], {
  module: ts.ModuleKind.Node20,
  target: ts.ScriptTarget.ES2023,
  types: [],
  skipLibCheck: true,
});
const checker = program.getTypeChecker();

function resolved(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function exportsOf(file: string): ts.Symbol[] {
  const source = program.getSourceFile(file);
  const symbol = source && checker.getSymbolAtLocation(source);
  if (symbol === undefined) throw new Error(`${file} has no exports. Fix: npm run build`);
  return checker.getExportsOfModule(symbol);
}

function isValue(symbol: ts.Symbol): boolean {
  return (resolved(symbol).flags & ts.SymbolFlags.Value) !== 0;
}

/** Types of this package that the declaration of a symbol mentions. */
function mentionedBy(symbol: ts.Symbol): ts.Symbol[] {
  const found: ts.Symbol[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const at = checker.getSymbolAtLocation(node);
      if (at !== undefined) found.push(resolved(at));
    }
    node.forEachChild(visit);
  };
  for (const declaration of symbol.declarations ?? []) {
    if (declaration.getSourceFile().fileName.startsWith(dist)) visit(declaration);
  }
  return found.filter(isNamedType);
}

function isNamedType({ declarations = [] }: ts.Symbol): boolean {
  return declarations.some(
    (at) =>
      at.getSourceFile().fileName.startsWith(dist) &&
      (ts.isInterfaceDeclaration(at) || ts.isClassDeclaration(at) || ts.isTypeAliasDeclaration(at)),
  );
}

describe('The public surface', () => {
  it.each([...files])('of entry %s consists of the listed names', (name, file) => {
    const symbols = exportsOf(file);
    const named = (only: boolean) =>
      symbols
        .filter((symbol) => isValue(symbol) === only)
        .map((symbol) => symbol.name)
        .sort();
    expect({ values: named(true), types: named(false) }).toEqual(publicNames[name]);
  });

  it('has at most 95 names in the root entry', () => {
    expect(exportsOf(files.get('.')!).length).toBeLessThanOrEqual(95);
  });

  it('exports each name from one entry only', () => {
    const homes = new Map<ts.Symbol, string[]>();
    for (const [name, file] of files) {
      for (const symbol of exportsOf(file)) homes.set(resolved(symbol), [...(homes.get(resolved(symbol)) ?? []), name]);
    }
    expect([...homes].filter(([, names]) => names.length > 1).map(([symbol]) => symbol.name)).toEqual([]);
  });

  it('mentions no type that no entry exports, except the listed base classes', () => {
    const exported = new Set([...files.values()].flatMap((file) => exportsOf(file).map(resolved)));
    const reached = new Set(exported);
    for (const symbol of reached) for (const next of mentionedBy(symbol)) reached.add(next);
    const unexported = [...reached].filter((symbol) => !exported.has(symbol)).map((symbol) => symbol.name);
    expect(unexported.sort()).toEqual(UNEXPORTED);
  });
});
