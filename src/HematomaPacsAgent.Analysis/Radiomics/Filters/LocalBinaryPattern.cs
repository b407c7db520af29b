namespace HematomaPacsAgent.Analysis.Radiomics.Filters;

/// <summary>
/// PyRadiomics <c>lbp-2D</c>, scikit-image's <c>local_binary_pattern</c> slice by slice (Ojala et al., IEEE TPAMI 24, 971-987, 2002): samples on a circle
/// round each voxel, each a bit that says whether it is at least as bright as the voxel; methods in <see cref="LbpMethod"/>. Samples between voxels are
/// bilinear; beyond the slice everything is 0. No unit.
/// </summary>
internal static class LocalBinaryPattern
{
    public static double[] Compute(ScalarImage image, Box wanted, ImageType.LocalBinaryPattern2D type, CancellationToken cancellation)
    {
        Slices slices = new(image, type.SliceDimension);
        Pattern pattern = new(type);
        var response = new double[wanted.Count];
        int target = 0;
        for (int z = wanted.Z; z < wanted.Z + wanted.SizeZ; z++)
            for (int y = wanted.Y; y < wanted.Y + wanted.SizeY; y++)
            {
                cancellation.ThrowIfCancellationRequested();
                for (int x = wanted.X; x < wanted.X + wanted.SizeX; x++)
                {
                    double value = type.SliceDimension switch
                    {
                        0 => pattern.At(slices, z, y, x),
                        1 => pattern.At(slices, y, z, x),
                        _ => pattern.At(slices, x, y, z),
                    };

                    // A cast of NaN to a 16-bit number gives 0 in PyRadiomics.
                    response[target++] = !type.WholeNumbers ? value : double.IsNaN(value) ? 0 : Math.Truncate(value);
                }
            }

        return response;
    }

    /// <summary>The image as PyRadiomics' swapaxes(0, dimension) turns it: slices of rows and columns.</summary>
    private sealed class Slices
    {
        private readonly double[] voxels;
        private readonly int rows, columns, sliceStride, rowStride, columnStride;

        public Slices(ScalarImage image, int dimension)
        {
            ImageGrid grid = image.Grid;
            int plane = grid.SizeX * grid.SizeY;
            voxels = image.Voxels;
            (rows, columns, sliceStride, rowStride, columnStride) = dimension switch
            {
                0 => (grid.SizeY, grid.SizeX, plane, grid.SizeX, 1),
                1 => (grid.SizeZ, grid.SizeX, grid.SizeX, plane, 1),
                _ => (grid.SizeY, grid.SizeZ, 1, grid.SizeX, plane),
            };
        }

        public double Voxel(int slice, int row, int column) =>
            (uint)row < (uint)rows && (uint)column < (uint)columns ? voxels[slice * sliceStride + row * rowStride + column * columnStride] : 0;

        public double Between(int slice, double row, double column)
        {
            int top = (int)Math.Floor(row), left = (int)Math.Floor(column), bottom = (int)Math.Ceiling(row), right = (int)Math.Ceiling(column);
            double down = row - top, over = column - left;
            double above = (1 - over) * Voxel(slice, top, left) + over * Voxel(slice, top, right);
            double beneath = (1 - over) * Voxel(slice, bottom, left) + over * Voxel(slice, bottom, right);
            return (1 - down) * above + down * beneath;
        }
    }

    private sealed class Pattern
    {
        private readonly LbpMethod method;
        private readonly (double Row, double Column)[] circle;
        private readonly double[] samples;

        public Pattern(ImageType.LocalBinaryPattern2D type)
        {
            method = type.Method;
            samples = new double[type.Samples];

            // scikit-image takes the radius in single precision and rounds the places to five decimals.
            double radius = (float)type.Radius;
            circle = [.. Enumerable.Range(0, samples.Length).Select(i => 2 * Math.PI * i / samples.Length)
                .Select(angle => (Rounded(-radius * Math.Sin(angle)), Rounded(radius * Math.Cos(angle))))];

            static double Rounded(double place) => Math.Round(place * 1e5) / 1e5;
        }

        public double At(Slices slices, int slice, int row, int column)
        {
            double centre = slices.Voxel(slice, row, column);
            uint bits = 0;
            int changes = 0;
            for (int i = 0; i < samples.Length; i++)
            {
                samples[i] = slices.Between(slice, row + circle[i].Row, column + circle[i].Column);
                uint bit = samples[i] - centre >= 0 ? 1u : 0u;
                if (i > 0 && bit != (bits >> (i - 1) & 1)) changes++;
                bits |= bit << i;
            }

            return method switch
            {
                LbpMethod.Default => bits,
                LbpMethod.Ror => LeastRotation(bits),
                LbpMethod.NriUniform => changes <= 2 ? UniformNumber(bits) : samples.Length * (samples.Length - 1) + 2,
                LbpMethod.Var => Variance(),
                _ => Ones(bits, changes),
            };
        }

        private double Ones(uint bits, int changes) => changes <= 2 ? uint.PopCount(bits) : samples.Length + 1;

        private double LeastRotation(uint bits)
        {
            uint least = bits;
            for (int i = 1; i < samples.Length; i++)
            {
                bits = bits >> 1 | (bits & 1) << (samples.Length - 1);
                least = Math.Min(least, bits);
            }

            return least;
        }

        /// <summary>1 + (ones - 1) samples + how far the ones are turned; the first and last numbers are those of no ones and all ones.</summary>
        private int UniformNumber(uint bits)
        {
            int count = samples.Length, ones = (int)uint.PopCount(bits);
            if (ones == 0) return 0;
            if (ones == count) return count * (count - 1) + 1;
            int turned = (bits & 1) != 0 ? ones - (int)uint.TrailingZeroCount(~bits) : count - (int)uint.TrailingZeroCount(bits);
            return 1 + (ones - 1) * count + turned;
        }

        /// <summary>NaN where it is 0. Summed up as in scikit-image, so that the last bits agree.</summary>
        private double Variance()
        {
            double sum = 0, squares = 0;
            foreach (double sample in samples)
            {
                sum += sample;
                squares += sample * sample;
            }

            double variance = (squares - sum * sum / samples.Length) / samples.Length;
            return variance != 0 ? variance : double.NaN;
        }
    }
}
