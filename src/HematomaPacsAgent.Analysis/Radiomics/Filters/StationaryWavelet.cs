using System.Numerics;

namespace HematomaPacsAgent.Analysis.Radiomics.Filters;

/// <summary>
/// PyRadiomics <c>wavelet-…</c>: the undecimated separable transform, as <c>pywt.swtn(level=1)</c> makes it again and again of the last low-pass image
/// (so the filters do not widen from level to level). An axis of odd size first gets its first voxel again at its end; then the image goes on
/// periodically. The letters of a band stand for x, y, z; L is low-pass, H high-pass. Sums run in PyWavelets' order, so that the last bits agree.
/// </summary>
internal sealed class StationaryWavelet
{
    private readonly ScalarImage image;
    private readonly StationaryWavelet? below;
    private readonly double[][] filters;
    private readonly bool[] filtered;
    private readonly Window[] output;
    private readonly Window[] input;
    private readonly Int128 allLevels;
    private readonly Lock gate = new();
    private Block? source;
    private Block?[]? inPlane;

    /// <param name="allLevels">Voxels that the levels read together.</param>
    private StationaryWavelet(ScalarImage image, StationaryWavelet? below, double[][] filters, bool[] filtered, Window[] output, Window[] input,
        Int128 allLevels) =>
        (this.image, this.below, this.filters, this.filtered, this.output, this.input, this.allLevels) =
            (image, below, filters, filtered, output, input, allLevels);

    /// <summary>The images of a wavelet in PyRadiomics' order; those of one level share their passes along x and y.</summary>
    public static List<(string Prefix, Func<CancellationToken, double[]> Compute)> Bands(ScalarImage image, Box wanted, ImageType.Wavelet type)
    {
        double[] low = [.. WaveletFilters.LowPass(type.Family)];
        double[][] filters = [low, WaveletFilters.HighPass(low)];
        bool[] filtered = [type.Force2DDimension != 2, type.Force2DDimension != 1, type.Force2DDimension != 0];
        Window[] box =
        [
            new(wanted.X, wanted.SizeX, image.Grid.SizeX + image.Grid.SizeX % 2),
            new(wanted.Y, wanted.SizeY, image.Grid.SizeY + image.Grid.SizeY % 2),
            new(wanted.Z, wanted.SizeZ, image.Grid.SizeZ + image.Grid.SizeZ % 2),
        ];

        // What each level reads is what the level below must make: the windows grow from the last level down.
        int levels = type.StartLevel + type.Levels;
        var inputs = new Window[levels][];
        for (int level = levels - 1; level >= 0; level--)
            inputs[level] = [.. Enumerable.Range(0, 3).Select(axis => Grown(level == levels - 1 ? box[axis] : inputs[level + 1][axis], axis))];

        Int128 allLevels = 0;
        foreach (Window[] read in inputs) allLevels += (Int128)read[0].Length * read[1].Length * read[2].Length;
        List<(string, Func<CancellationToken, double[]>)> bands = [];
        StationaryWavelet? transform = null;
        for (int level = 0; level < levels; level++)
        {
            StationaryWavelet current = transform = new(image, transform, filters, filtered, box, inputs[level], allLevels);
            if (level < type.StartLevel) continue;
            string prefix = level == type.StartLevel ? "wavelet-" : $"wavelet{level - type.StartLevel + 1}-";
            for (int band = 1; band <= 8; band++)
            {
                (bool x, bool y, bool z) = ((band & 4) != 0, (band & 2) != 0, (band & 1) != 0);
                if ((x && !filtered[0]) || (y && !filtered[1]) || (z && !filtered[2]) || (band == 8 && level < levels - 1)) continue;
                string letters = string.Concat(new[] { x, y, z }.Where((_, axis) => filtered[axis]).Select(high => high ? 'H' : 'L'));
                bands.Add((prefix + letters, cancellation => current.Band(x ? 1 : 0, y ? 1 : 0, z ? 1 : 0, cancellation)));
            }
        }

        return bands;

        Window Grown(Window window, int axis) => filtered[axis] ? window.Before(low.Length) : window;
    }

    private double[] Band(int x, int y, int z, CancellationToken cancellation)
    {
        Block half;
        lock (gate)
        {
            inPlane ??= new Block?[4];
            half = inPlane[2 * x + y] ??= Pass(Pass(Source(cancellation), 0, x, output[0], cancellation), 1, y, output[1], cancellation);
        }

        return filtered[2] ? Pass(half, 2, z, output[2], cancellation).Values : [.. half.Values];
    }

    private Block LowPass(Window[] windows, CancellationToken cancellation)
    {
        lock (gate)
        {
            Block block = Source(cancellation);
            for (int axis = 0; axis < 3; axis++) block = Pass(block, axis, 0, windows[axis], cancellation);
            return block;
        }
    }

    private Block Source(CancellationToken cancellation)
    {
        if (source is not null) return source;

        // Each level keeps what it reads and four images half made, and works in up to three more.
        ImageTypes.CheckMemory("the wavelet transform", 8 * allLevels);
        return source = below?.LowPass(input, cancellation) ?? Read();
    }

    private Block Read()
    {
        ImageGrid grid = image.Grid;
        var values = new double[input[0].Length * input[1].Length * input[2].Length];
        int target = 0;
        for (int z = 0; z < input[2].Length; z++)
            for (int y = 0; y < input[1].Length; y++)
            {
                ReadOnlySpan<double> row = image.Voxels.AsSpan(
                    (input[2].Voxel(z, grid.SizeZ) * grid.SizeY + input[1].Voxel(y, grid.SizeY)) * grid.SizeX, grid.SizeX);
                for (int x = 0; x < input[0].Length; x++) values[target++] = row[input[0].Voxel(x, grid.SizeX)];
            }

        return new Block(input, values);
    }

    /// <summary>One filter along one axis, onto the window.</summary>
    private Block Pass(Block block, int axis, int filter, Window window, CancellationToken cancellation)
    {
        if (!filtered[axis]) return block;
        double[] weights = filters[filter];
        int[] taps = block.Windows[axis].Taps(window, weights.Length);
        Block result = new([.. block.Windows.Select((old, k) => k == axis ? window : old)]);

        // A run is what lies side by side in memory at one place of the axis; along x it is the output row, out of a row laid out tap by tap.
        int run = 1, outer = 1;
        for (int k = 0; k < 3; k++)
            if (k < axis) run *= block.Windows[k].Length;
            else if (k > axis) outer *= block.Windows[k].Length;
        int from = block.Windows[axis].Length, to = window.Length;
        Span<int> starts = stackalloc int[weights.Length];
        double[] line = axis == 0 ? new double[taps.Length] : [];
        if (axis == 0)
            for (int j = 0; j < starts.Length; j++) starts[j] = weights.Length - 1 - j;
        for (int o = 0; o < outer; o++)
        {
            if (o % 256 == 0) cancellation.ThrowIfCancellationRequested();
            if (axis == 0)
            {
                ReadOnlySpan<double> row = block.Values.AsSpan(o * from, from);
                for (int t = 0; t < line.Length; t++) line[t] = row[taps[t]];
                Weigh(line, starts, weights, result.Values.AsSpan(o * to, to));
                continue;
            }

            for (int i = 0; i < to; i++)
            {
                for (int j = 0; j < starts.Length; j++) starts[j] = (o * from + taps[i + weights.Length - 1 - j]) * run;
                Weigh(block.Values, starts, weights, result.Values.AsSpan((o * to + i) * run, run));
            }
        }

        return result;
    }

    /// <summary>output[i] = sum over j of weights[j] source[starts[j] + i].</summary>
    private static void Weigh(ReadOnlySpan<double> source, ReadOnlySpan<int> starts, ReadOnlySpan<double> weights, Span<double> output)
    {
        int i = 0;
        for (; i <= output.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector<double> sum = Vector<double>.Zero;
            for (int j = 0; j < weights.Length; j++) sum += new Vector<double>(weights[j]) * new Vector<double>(source[(starts[j] + i)..]);
            sum.CopyTo(output[i..]);
        }

        for (; i < output.Length; i++)
        {
            double sum = 0;
            for (int j = 0; j < weights.Length; j++) sum += weights[j] * source[starts[j] + i];
            output[i] = sum;
        }
    }

    /// <summary>A stretch of a periodic axis; it may begin before voxel 0 or end beyond the last, and is at most one period long.</summary>
    private readonly record struct Window(int Start, int Length, int Period)
    {
        /// <summary>What a filter reads to fill this window.</summary>
        public Window Before(int filterLength) =>
            Length + filterLength - 1 < Period ? new Window(Start + 1 - filterLength / 2, Length + filterLength - 1, Period) : new Window(0, Period, Period);

        /// <summary>Where in this window each voxel lies that fills the other: output i reads taps i to i + filterLength - 1, the last one with
        /// weights[0].</summary>
        public int[] Taps(Window other, int filterLength)
        {
            var taps = new int[other.Length + filterLength - 1];
            for (int t = 0; t < taps.Length; t++) taps[t] = Modulo(other.Start + 1 - filterLength / 2 + t - Start);
            return taps;
        }

        /// <summary>The image's voxel at a place of the window; the one that makes an odd axis even is the first again.</summary>
        public int Voxel(int place, int size) => Modulo(Start + place) is int at && at < size ? at : 0;

        private int Modulo(int at) => at - Period * (int)Math.Floor((double)at / Period);
    }

    private sealed record Block(Window[] Windows, double[] Values)
    {
        public Block(Window[] windows) : this(windows, new double[windows[0].Length * windows[1].Length * windows[2].Length]) { }
    }
}
