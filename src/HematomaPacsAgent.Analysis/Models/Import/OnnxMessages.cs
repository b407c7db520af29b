using ProtoBuf;

namespace HematomaPacsAgent.Analysis.Models.Import;

// The messages of onnx.proto3 (https://github.com/onnx/onnx) that a plain graph needs, with its field numbers.

[ProtoContract(SkipConstructor = true)]
internal sealed record OnnxFile(
    [property: ProtoMember(1)] long IrVersion,
    [property: ProtoMember(2)] string ProducerName,
    [property: ProtoMember(7)] OnnxGraph Graph,
    [property: ProtoMember(8)] OnnxOpset[] OpsetImport);

[ProtoContract(SkipConstructor = true)]
internal sealed record OnnxOpset([property: ProtoMember(2)] long Version);

[ProtoContract(SkipConstructor = true)]
internal sealed record OnnxGraph(
    [property: ProtoMember(1)] OnnxNode[] Node,
    [property: ProtoMember(2)] string Name,
    [property: ProtoMember(5)] OnnxTensor[] Initializer,
    [property: ProtoMember(11)] OnnxValue[] Input,
    [property: ProtoMember(12)] OnnxValue[] Output);

[ProtoContract(SkipConstructor = true)]
internal sealed record OnnxNode(
    [property: ProtoMember(1)] string[] Input,
    [property: ProtoMember(2)] string[] Output,
    [property: ProtoMember(3)] string Name,
    [property: ProtoMember(4)] string OpType,
    [property: ProtoMember(5)] OnnxAttribute[] Attribute);

[ProtoContract(SkipConstructor = true)]
internal sealed record OnnxAttribute(
    [property: ProtoMember(1)] string Name,
    [property: ProtoMember(3)] long I,
    [property: ProtoMember(4)] byte[]? S,
    [property: ProtoMember(20)] int Type);

[ProtoContract(SkipConstructor = true)]
internal sealed record OnnxTensor(
    [property: ProtoMember(1)] long[] Dims,
    [property: ProtoMember(2)] int DataType,
    [property: ProtoMember(8)] string Name,
    [property: ProtoMember(9)] byte[] RawData);

[ProtoContract(SkipConstructor = true)]
internal sealed record OnnxValue([property: ProtoMember(1)] string Name, [property: ProtoMember(2)] OnnxType Type);

[ProtoContract(SkipConstructor = true)]
internal sealed record OnnxType([property: ProtoMember(1)] OnnxTensorType TensorType);

[ProtoContract(SkipConstructor = true)]
internal sealed record OnnxTensorType([property: ProtoMember(1)] int ElemType, [property: ProtoMember(2)] OnnxShape Shape);

[ProtoContract(SkipConstructor = true)]
internal sealed record OnnxShape([property: ProtoMember(1)] OnnxDimension[] Dim);

/// <summary>A fixed length, or the name of a free one.</summary>
[ProtoContract(SkipConstructor = true)]
internal sealed record OnnxDimension([property: ProtoMember(1)] long? Value, [property: ProtoMember(2)] string? Parameter);
