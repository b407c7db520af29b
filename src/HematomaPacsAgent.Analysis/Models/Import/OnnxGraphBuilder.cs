using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ProtoBuf;

namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>Puts an ONNX graph together node by node and writes it. Equal calls give equal bytes.</summary>
internal sealed class OnnxGraphBuilder
{
    private const int Float = 1, Int64 = 7, IntAttribute = 2, TextAttribute = 3; // TensorProto.DataType, AttributeProto.AttributeType

    // Opset 13 has all that is used; IR version 7 is the one that came with it.
    private const int Opset = 13, IrVersion = 7;

    private readonly List<OnnxNode> nodes = [];
    private readonly List<OnnxTensor> constants = [];

    /// <summary>Adds a node with one output; returns the output's name.</summary>
    /// <param name="attributes">Values: <c>int</c> or <c>string</c>.</param>
    public string Add(string type, string[] inputs, params (string Name, object Value)[] attributes) => Add(type, inputs, 1, attributes)[0];

    /// <summary>Adds a node with several outputs.</summary>
    public string[] Add(string type, string[] inputs, int outputs, params (string Name, object Value)[] attributes)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{type}_{nodes.Count}");
        string[] names = [.. Enumerable.Range(0, outputs).Select(i => outputs == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}_{i}"))];
        nodes.Add(new OnnxNode(inputs, names, name, type, [.. attributes.Select(Attribute)]));
        return names;
    }

    public string Constant(float[] values, params long[] shape) => Constant(MemoryMarshal.AsBytes<float>(values).ToArray(), Float, shape);

    public string Constant(params long[] values) => Constant(MemoryMarshal.AsBytes<long>(values).ToArray(), Int64, [values.Length]);

    /// <summary>The file. Shapes: a text is the name of a free dimension, a number a fixed one.</summary>
    public byte[] Build(string name, (string Name, object[] Shape) input, (string Node, string Name, object[] Shape) output)
    {
        int last = nodes.FindIndex(node => node.Output.Contains(output.Node));
        nodes[last] = nodes[last] with { Output = [output.Name] };
        OnnxFile file = new(IrVersion, "HematomaPacsAgent",
            new OnnxGraph([.. nodes], name, [.. constants], [Value(input.Name, input.Shape)], [Value(output.Name, output.Shape)]), [new OnnxOpset(Opset)]);
        using MemoryStream stream = new();
        Serializer.Serialize(stream, file);
        return stream.ToArray();
    }

    private string Constant(byte[] content, int type, long[] shape)
    {
        if (constants.Find(Same) is { } known) return known.Name;
        string name = string.Create(CultureInfo.InvariantCulture, $"constant_{constants.Count}");
        constants.Add(new OnnxTensor(shape, type, name, content));
        return name;

        bool Same(OnnxTensor other) =>
            other.DataType == type && other.Dims.AsSpan().SequenceEqual(shape) && other.RawData.AsSpan().SequenceEqual(content);
    }

    private static OnnxAttribute Attribute((string Name, object Value) attribute) => attribute.Value is int number
        ? new OnnxAttribute(attribute.Name, number, null, IntAttribute)
        : new OnnxAttribute(attribute.Name, 0, Encoding.ASCII.GetBytes((string)attribute.Value), TextAttribute);

    private static OnnxValue Value(string name, object[] shape) => new(name, new OnnxType(new OnnxTensorType(Float,
        new OnnxShape([.. shape.Select(side => side is int length ? new OnnxDimension(length, null) : new OnnxDimension(null, (string)side))]))));
}
