/**
 * The messages of ONNX as data: field numbers and types of the public onnx.proto (as of onnx 1.23), training and device-placement messages left
 * out. The reader and the writer in onnx-wire.ts know nothing of ONNX but this table.
 */

/**
 * Types of a field, `[]` where it repeats. `int`: any of proto's varint integers and enums; `int64s`, `uint64s`, `floats`, `doubles`:
 * repeated numbers as typed arrays; a name with a capital: a message.
 */
const MESSAGES = {
  Model: {
    irVersion: [1, 'int'],
    producerName: [2, 'string'],
    producerVersion: [3, 'string'],
    domain: [4, 'string'],
    modelVersion: [5, 'int'],
    docString: [6, 'string'],
    graph: [7, 'Graph'],
    opsetImport: [8, 'OperatorSet[]'],
    metadataProps: [14, 'Entry[]'],
    functions: [25, 'Function[]'],
  },
  Graph: {
    node: [1, 'Node[]'],
    name: [2, 'string'],
    initializer: [5, 'Tensor[]'],
    docString: [10, 'string'],
    input: [11, 'ValueInfo[]'],
    output: [12, 'ValueInfo[]'],
    valueInfo: [13, 'ValueInfo[]'],
    quantizationAnnotation: [14, 'Annotation[]'],
    sparseInitializer: [15, 'SparseTensor[]'],
    metadataProps: [16, 'Entry[]'],
  },
  Node: {
    input: [1, 'string[]'],
    output: [2, 'string[]'],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, 'Attribute[]'],
    docString: [6, 'string'],
    domain: [7, 'string'],
    overload: [8, 'string'],
    metadataProps: [9, 'Entry[]'],
  },
  Attribute: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int'],
    s: [4, 'bytes'],
    t: [5, 'Tensor'],
    g: [6, 'Graph'],
    floats: [7, 'floats'],
    ints: [8, 'int[]'],
    strings: [9, 'bytes[]'],
    tensors: [10, 'Tensor[]'],
    graphs: [11, 'Graph[]'],
    docString: [13, 'string'],
    tp: [14, 'Type'],
    typeProtos: [15, 'Type[]'],
    type: [20, 'int'],
    refAttrName: [21, 'string'],
    sparseTensor: [22, 'SparseTensor'],
    sparseTensors: [23, 'SparseTensor[]'],
  },
  Tensor: {
    dims: [1, 'int[]'],
    dataType: [2, 'int'],
    floatData: [4, 'floats'],
    int32Data: [5, 'int[]'],
    stringData: [6, 'bytes[]'],
    int64Data: [7, 'int64s'],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    doubleData: [10, 'doubles'],
    uint64Data: [11, 'uint64s'],
    docString: [12, 'string'],
    externalData: [13, 'Entry[]'],
    dataLocation: [14, 'int'],
    metadataProps: [16, 'Entry[]'],
  },
  SparseTensor: { values: [1, 'Tensor'], indices: [2, 'Tensor'], dims: [3, 'int[]'] },
  Annotation: { tensorName: [1, 'string'], quantParameterTensorNames: [2, 'Entry[]'] },
  ValueInfo: {
    name: [1, 'string'],
    type: [2, 'Type'],
    docString: [3, 'string'],
    metadataProps: [4, 'Entry[]'],
  },
  Type: {
    tensorType: [1, 'TensorType'],
    sequenceType: [4, 'ElementType'],
    mapType: [5, 'MapType'],
    denotation: [6, 'string'],
    opaqueType: [7, 'OpaqueType'],
    sparseTensorType: [8, 'TensorType'],
    optionalType: [9, 'ElementType'],
  },
  TensorType: { elemType: [1, 'int'], shape: [2, 'Shape'] },
  ElementType: { elemType: [1, 'Type'] },
  MapType: { keyType: [1, 'int'], valueType: [2, 'Type'] },
  OpaqueType: { domain: [1, 'string'], name: [2, 'string'] },
  Shape: { dim: [1, 'Dimension[]'] },
  Dimension: { dimValue: [1, 'int'], dimParam: [2, 'string'], denotation: [3, 'string'] },
  OperatorSet: { domain: [1, 'string'], version: [2, 'int'] },
  Entry: { key: [1, 'string'], value: [2, 'string'] },
  Function: {
    name: [1, 'string'],
    input: [4, 'string[]'],
    output: [5, 'string[]'],
    attribute: [6, 'string[]'],
    node: [7, 'Node[]'],
    docString: [8, 'string'],
    opsetImport: [9, 'OperatorSet[]'],
    domain: [10, 'string'],
    attributeProto: [11, 'Attribute[]'],
    valueInfo: [12, 'ValueInfo[]'],
    overload: [13, 'string'],
    metadataProps: [14, 'Entry[]'],
  },
} as const satisfies Record<string, Record<string, readonly [number, string]>>;

export type MessageName = keyof typeof MESSAGES;
type ScalarName = 'int' | 'float' | 'string' | 'bytes';
type TypedArrayName = 'int64s' | 'uint64s' | 'floats' | 'doubles';

/** A field of a message. */
export interface Field {
  readonly number: number;
  readonly key: string;
  readonly repeated: boolean;
  readonly type: MessageName | ScalarName | TypedArrayName;
}

/** Fields of each message by their number, in ascending order. */
export const FIELDS: ReadonlyMap<MessageName, ReadonlyMap<number, Field>> = new Map(
  Object.entries(MESSAGES).map(([message, fields]) => [
    message as MessageName,
    new Map(
      Object.entries(fields).map(([key, [number, type]]) => [
        number,
        { number, key, repeated: type.endsWith('[]'), type: type.replace('[]', '') as Field['type'] },
      ]),
    ),
  ]),
);

/** Whether a field's type is a message of its own. */
export function isMessage(type: Field['type']): type is MessageName {
  return FIELDS.has(type as MessageName);
}
