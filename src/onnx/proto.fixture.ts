import protobuf from "protobufjs";

const field = (id: number, type: string, rule?: "repeated"): { id: number; type: string; rule?: string } =>
  rule ? { id, type, rule } : { id, type };

/** The part of onnx.proto3 that Crisp writes, for protobufjs's reflection: what proto.ts writes is held to it. Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 */
const root = protobuf.Root.fromJSON({
  nested: {
    onnx: {
      nested: {
        AttributeProto: {
          fields: {
            name: field(1, "string"),
            f: field(2, "float"),
            i: field(3, "int64"),
            s: field(4, "bytes"),
            g: field(6, "GraphProto"),
            floats: field(7, "float", "repeated"),
            ints: field(8, "int64", "repeated"),
            type: field(20, "int32"),
          },
        },
        ValueInfoProto: { fields: { name: field(1, "string"), type: field(2, "TypeProto") } },
        NodeProto: {
          fields: {
            input: field(1, "string", "repeated"),
            output: field(2, "string", "repeated"),
            name: field(3, "string"),
            opType: field(4, "string"),
            attribute: field(5, "AttributeProto", "repeated"),
            domain: field(7, "string"),
          },
        },
        ModelProto: {
          fields: {
            irVersion: field(1, "int64"),
            producerName: field(2, "string"),
            graph: field(7, "GraphProto"),
            opsetImport: field(8, "OperatorSetIdProto", "repeated"),
          },
        },
        GraphProto: {
          fields: {
            node: field(1, "NodeProto", "repeated"),
            name: field(2, "string"),
            initializer: field(5, "TensorProto", "repeated"),
            input: field(11, "ValueInfoProto", "repeated"),
            output: field(12, "ValueInfoProto", "repeated"),
            valueInfo: field(13, "ValueInfoProto", "repeated"),
          },
        },
        TensorProto: {
          fields: {
            dims: field(1, "int64", "repeated"),
            dataType: field(2, "int32"),
            name: field(8, "string"),
            rawData: field(9, "bytes"),
          },
        },
        // a oneof, so that a dimension of 0 is written too
        Dimension: {
          oneofs: { value: { oneof: ["dimValue", "dimParam"] } },
          fields: { dimValue: field(1, "int64"), dimParam: field(2, "string") },
        },
        TensorShapeProto: { fields: { dim: field(1, "Dimension", "repeated") } },
        TensorType: { fields: { elemType: field(1, "int32"), shape: field(2, "TensorShapeProto") } },
        TypeProto: { fields: { tensorType: field(1, "TensorType") } },
        OperatorSetIdProto: { fields: { domain: field(1, "string"), version: field(2, "int64") } },
      },
    },
  },
});

/** Decoder and encoder of the outermost message. */
export const ModelProto = root.lookupType("onnx.ModelProto");
