using System.Globalization;

namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>
/// The network of BLAST-CT (Monteiro et al., Lancet Digital Health 2020;2:e314; DeepMedic, Kamnitsas et al., Med Image Anal 2017;36:61) as an ONNX graph:
/// three paths of eight valid 3×3×3 convolutions see the same place at every 5th, 3rd and 1st voxel; three 1×1×1 convolutions join them.
/// Input <c>image</c> [N, 1, D+80, H+80, W+80], output <c>logits</c> [N, classes, D, H, W]; D, H and W each a multiple of 15, which makes the crops and
/// strides of all paths whole numbers. The graph gives the same logits as the weights do, but is smaller: channels that reach nothing are left out, and
/// batch norm is folded into the convolutions around it (see <see cref="DeepMedicBlock"/>).
/// </summary>
internal static class DeepMedicGraph
{
    /// <summary>Voxels that the network sees beyond its output on each side.</summary>
    public const int Context = 40;

    /// <summary>Each side of the output is a multiple of this.</summary>
    public const int Step = 15;

    private const int BlocksInPath = 8, HeadBlocks = 3;

    // The head holds up to 250 channels of every output voxel: in slabs it needs a fifth of the memory, and stays in the caches. 15 is a multiple of it.
    private const int Slabs = 5;

    private static readonly int[] Scales = [5, 3, 1];

    /// <summary>The ONNX file.</summary>
    /// <param name="classes">Channels of the output, background included.</param>
    /// <exception cref="InvalidDataException">The weights are not this network's.</exception>
    public static byte[] Build(IReadOnlyDictionary<string, TorchTensor> weights, int classes)
    {
        DeepMedicBlock[][] paths = [.. Scales.Select((scale, i) => Chain(weights,
            string.Create(CultureInfo.InvariantCulture, $"path({scale}, {scale}, {scale}){i}.path"), 1, BlocksInPath, 1, 3))];
        DeepMedicBlock[] head = Chain(weights, "fully_connected", 0, HeadBlocks, paths.Sum(path => path[^1].Outputs), 1);
        if (head[^1].Outputs != classes) throw new InvalidDataException($"the network tells {head[^1].Outputs} classes apart, not {classes}");
        (paths, head) = Prune(paths, head);

        OnnxGraphBuilder graph = new();
        double[] headShift = head[0].FoldedShift;
        List<string> joined = [];
        int offset = 0;
        for (int i = 0; i < paths.Length; i++)
        {
            int outputs = paths[i][^1].Outputs;
            joined.Add(Path(graph, paths[i], Scales[i], headShift.AsSpan(offset, outputs).ToArray()));
            offset += outputs;
        }

        string features = graph.Add("Concat", [.. joined], ("axis", 1));
        string[] slabs = graph.Add("Split", [features], Slabs, ("axis", 2));
        string[] logits = [.. slabs.Select(slab => Blocks(graph, head, slab, new double[classes]))];
        string all = graph.Add("Concat", logits, ("axis", 2));
        return graph.Build("blast-ct", ("image", ["N", 1, "D+80", "H+80", "W+80"]), (all, "logits", ["N", classes, "D", "H", "W"]));
    }

    private static DeepMedicBlock[] Chain(IReadOnlyDictionary<string, TorchTensor> weights, string name, int first, int count, int inputs, int kernel)
    {
        DeepMedicBlock[] blocks = new DeepMedicBlock[count];
        for (int i = 0; i < count; i++, inputs = blocks[i - 1].Outputs)
            blocks[i] = DeepMedicBlock.Read(weights, string.Create(CultureInfo.InvariantCulture, $"{name}.{first + i}"), inputs, kernel);
        return blocks;
    }

    /// <summary>Leaves out the channels that change nothing: about a fifth of the work.</summary>
    private static (DeepMedicBlock[][] Paths, DeepMedicBlock[] Head) Prune(DeepMedicBlock[][] paths, DeepMedicBlock[] head)
    {
        int[][] streams = Needed(head, [.. Enumerable.Repeat(true, head[^1].Outputs)]);
        bool[] joined = new bool[head[0].Inputs];
        foreach (int channel in streams[0]) joined[channel] = true;
        List<int> kept = [];
        DeepMedicBlock[][] pruned = new DeepMedicBlock[paths.Length][];
        int offset = 0;
        for (int i = 0; i < paths.Length; i++)
        {
            int outputs = paths[i][^1].Outputs;
            int[][] needed = Needed(paths[i], joined[offset..(offset + outputs)]);
            pruned[i] = Keep(paths[i], needed);
            foreach (int channel in needed[^1]) kept.Add(offset + channel);
            offset += outputs;
        }

        streams[0] = [.. kept];
        return (pruned, Keep(head, streams));
    }

    /// <summary>The channels that matter before each block and after the last. Where blocks add their input, all of them keep the same.</summary>
    private static int[][] Needed(DeepMedicBlock[] blocks, bool[] after)
    {
        bool[][] needed = new bool[blocks.Length + 1][];
        needed[^1] = [.. after];
        for (int i = blocks.Length - 1; i >= 0; i--)
        {
            needed[i] = blocks[i].Used();
            if (blocks[i].Residual)
                for (int c = 0; c < needed[i].Length; c++) needed[i][c] |= needed[i + 1][c];
        }

        if (blocks[0].Inputs == 1) needed[0] = [true];
        for (int i = 0; i < blocks.Length; i++)
        {
            if (blocks[i].Residual) needed[i + 1] = needed[i];
            if (!needed[i + 1].Contains(true)) needed[i + 1][0] = true; // a layer without a channel is none
        }

        return [.. needed.Select(stream => Enumerable.Range(0, stream.Length).Where(c => stream[c]).ToArray())];
    }

    private static DeepMedicBlock[] Keep(DeepMedicBlock[] blocks, int[][] streams) =>
        [.. blocks.Select((block, i) => block.Keep(streams[i], streams[i + 1]))];

    private static string Path(OnnxGraphBuilder graph, DeepMedicBlock[] blocks, int scale, double[] shiftAfter)
    {
        // The middle of the input, every scale-th voxel from scale / 2 on; what lies beyond the last one picked is cut off as well.
        long edge = Context - BlocksInPath * scale + scale / 2;
        string picked = graph.Add("Slice",
            ["image", graph.Constant(edge, edge, edge), graph.Constant(-edge, -edge, -edge), graph.Constant(2, 3, 4), graph.Constant(scale, scale, scale)]);
        string shifted = graph.Add("Add", [picked, Channels(graph, blocks[0].FoldedShift)]);
        string features = Blocks(graph, blocks, shifted, shiftAfter);
        return scale == 1 ? features : graph.Add("Resize", [features, "", graph.Constant([1, 1, scale, scale, scale], 5)],
            ("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor"));
    }

    /// <summary>Each stream carries the shift of the block that reads it: a convolution's bias brings it to the next.</summary>
    private static string Blocks(OnnxGraphBuilder graph, DeepMedicBlock[] blocks, string stream, double[] shiftAfter)
    {
        for (int i = 0; i < blocks.Length; i++)
        {
            DeepMedicBlock block = blocks[i];
            double[] shift = block.FoldedShift, next = i + 1 < blocks.Length ? blocks[i + 1].FoldedShift : shiftAfter;
            string value = stream;
            if (!block.Foldable)
                value = graph.Add("Add", [graph.Add("Mul", [value, Channels(graph, block.Scale)]), Channels(graph, block.Shift)]);
            value = graph.Add("PRelu", [value, Channels(graph, [.. block.FoldedSlopes().Select(s => (double)s)])]);
            float[] bias = [.. next.Select((s, c) => (float)(block.Residual ? s - shift[c] : s))];
            value = graph.Add("Conv", [value, graph.Constant(block.FoldedWeights(), block.Outputs, block.Inputs, block.Kernel, block.Kernel, block.Kernel),
                graph.Constant(bias, bias.Length)]);
            if (block.Residual)
            {
                string before = block.Kernel == 1 ? stream
                    : graph.Add("Slice", [stream, graph.Constant(1, 1, 1), graph.Constant(-1, -1, -1), graph.Constant(2, 3, 4)]);
                value = graph.Add("Add", [value, before]);
            }

            stream = value;
        }

        return stream;
    }

    private static string Channels(OnnxGraphBuilder graph, double[] values) => graph.Constant([.. values.Select(v => (float)v)], values.Length, 1, 1, 1);
}
