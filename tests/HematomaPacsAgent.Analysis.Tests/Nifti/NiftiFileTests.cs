using System.IO.Compression;
using CsCheck;
using HematomaPacsAgent.Analysis.Nifti;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Nifti;

public sealed class NiftiFileTests : IDisposable
{
    private static readonly double[] Twelve = [.. Enumerable.Range(1, 12).Select(i => (double)i)];
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData(2, "UInt8", new double[] { 0, 255, 7 })]
    [InlineData(256, "Int8", new double[] { -128, 127, 7 })]
    [InlineData(4, "Int16", new double[] { -32768, 32767, -1024 })]
    [InlineData(512, "UInt16", new double[] { 0, 65535, 300 })]
    [InlineData(8, "Int32", new double[] { -2147483648, 2147483647, 70000 })]
    [InlineData(768, "UInt32", new double[] { 0, 4294967295, 70000 })]
    [InlineData(1024, "Int64", new double[] { -9007199254740992, 9007199254740992, 5 })]
    [InlineData(1280, "UInt64", new double[] { 0, 9007199254740992, 5 })]
    [InlineData(16, "Float32", new double[] { -1.5, 1048576.5, 0.5 })]
    [InlineData(64, "Float64", new double[] { -0.1, 1e300, 4.9e-324 })]
    public void Every_voxel_type_is_read_in_both_byte_orders_and_versions(int code, string type, double[] values)
    {
        foreach (bool isBigEndian in (bool[])[false, true])
            foreach (bool isVersion2 in (bool[])[false, true])
            {
                NiftiBytes file = new() { Dim = [3, 3, 1, 1, 1, 1, 1, 1], Type = code, IsBigEndian = isBigEndian, IsVersion2 = isVersion2 };
                NiftiImage image = Read(file.File(values));
                Assert.Equal(values, image.Image.Voxels);
                Assert.Equal(type, image.Type.ToString());
                Assert.Equal(!type.StartsWith("Float", StringComparison.Ordinal), image.Image.WholeNumbers);
                // The first two values of an integer type of up to 32 bits are its limits.
                if (!type.EndsWith("64", StringComparison.Ordinal))
                    Assert.Equal(image.Image.WholeNumbers ? (values[0], values[1]) : null, image.Image.PixelRange);
            }
    }

    [Fact]
    public void Values_are_scaled_as_ITK_scales_them_in_single_precision_unless_they_are_double()
    {
        NiftiBytes scaled = new() { Dim = [3, 1, 1, 1, 1, 1, 1, 1], Slope = 0.1, Intercept = -1024 };
        NiftiImage image = Read(scaled.File(5));
        Assert.Equal((float)(5 * (double)0.1f - 1024), image.Image.Voxels[0]);
        Assert.False(image.Image.WholeNumbers);
        NiftiBytes real = new() { Dim = scaled.Dim, Slope = 0.1, Intercept = -1024, Type = 64, IsVersion2 = true };
        Assert.Equal(5 * 0.1 - 1024, Read(real.File(5)).Image.Voxels[0]);
        // A slope of 0 means no slope, yet the intercept counts.
        Assert.Equal(15, Read(new NiftiBytes { Dim = scaled.Dim, Slope = 0, Intercept = 10 }.File(5)).Image.Voxels[0]);
        NiftiImage unscaled = Read(new NiftiBytes { Dim = scaled.Dim, Slope = double.NaN, Intercept = double.NaN }.File(5));
        Assert.Equal((5.0, true), (unscaled.Image.Voxels[0], unscaled.Image.WholeNumbers));
    }

    [Fact]
    public void Spacing_is_the_float_of_the_header_as_a_double()
    {
        ImageGrid grid = Read(new NiftiBytes { Pixdim = [1, 0.45, 0.45, 5, 0, 0, 0, 0] }.File(Twelve)).Image.Grid;
        Assert.Equal(0.44999998807907104, grid.SpacingXMm);
        Assert.Equal((0.44999998807907104, 5.0), (grid.SpacingYMm, grid.SpacingZMm));
        Assert.Equal(500, Read(new NiftiBytes { Units = 1 }.File(Twelve)).Image.Grid.SpacingXMm);
        Assert.Equal(0.0005, Read(new NiftiBytes { Units = 3 }.File(Twelve)).Image.Grid.SpacingXMm);
    }

    [Fact]
    public void A_pair_is_read_from_either_of_its_names_packed_or_not()
    {
        NiftiBytes pair = new() { IsPair = true, IsBigEndian = true };
        File.WriteAllBytes(folder["a.hdr"], pair.Header());
        File.WriteAllBytes(folder["a.img"], pair.Voxels(Twelve));
        File.WriteAllBytes(folder["b.hdr"], pair.Header());
        File.WriteAllBytes(folder["b.img.gz"], Pack(pair.Voxels(Twelve)));
        foreach (string name in (string[])["a.hdr", "a.img", "b.hdr", "b.img.gz"])
            Assert.Equal(Twelve, NiftiFile.ReadImage(folder[name], TestContext.Current.CancellationToken).Image.Voxels);
        File.Delete(folder["a.img"]);
        Assert.Contains("a.img is not there", Refused("a.hdr"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_anywhere_before_its_last_voxel_is_refused_by_name_with_a_remedy()
    {
        foreach (byte[] whole in (byte[][])[new NiftiBytes().File(Twelve), new NiftiBytes { IsVersion2 = true }.File(Twelve)])
            for (int length = 0; length < whole.Length; length++)
            {
                File.WriteAllBytes(folder["cut.nii"], whole[..length]);
                Assert.Matches("^cut.nii .*(Copy|.nii.gz)", Refused("cut.nii"));
            }

        byte[] packed = Pack(new NiftiBytes().File(Twelve));
        for (int length = 0; length < packed.Length - 12; length++)
        {
            File.WriteAllBytes(folder["cut.nii.gz"], packed[..length]);
            Assert.Matches("^cut.nii.gz .*(Copy|.nii.gz)", Refused("cut.nii.gz"));
        }
    }

    [Fact]
    public async Task A_pipe_is_refused_and_nobody_waits_for_its_writer()
    {
        await Programs.RunAsync("mkfifo", [folder["pipe.nii"]], TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(folder["link.nii"], folder["pipe.nii"]);
        foreach (string name in (string[])["pipe.nii", "link.nii"])
            Assert.Contains("a pipe or device", await Task.Run(() => Refused(name), TestContext.Current.CancellationToken)
                .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_gzip_stream_is_told_by_its_sum()
    {
        byte[] packed = Pack(new NiftiBytes().File(Twelve));
        packed[^6] ^= 0x40;
        File.WriteAllBytes(folder["sum.nii.gz"], packed);
        Assert.Contains("damaged", Refused("sum.nii.gz"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_header_claims_is_held_against_the_file_before_memory_is_taken()
    {
        byte[] huge = new NiftiBytes { Dim = [3, 1200, 1200, 1200, 1, 1, 1, 1], Type = 64 }.File(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        File.WriteAllBytes(folder["huge.nii"], huge);
        File.WriteAllBytes(folder["huge.nii.gz"], Pack(huge));
        Assert.Contains("more than the file can hold", Refused("huge.nii"), StringComparison.Ordinal);
        Assert.Contains("more than the file can hold", Refused("huge.nii.gz"), StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void A_gzip_bomb_is_read_as_far_as_its_voxels_go()
    {
        byte[] bomb = Pack([.. new NiftiBytes().File(Twelve), .. new byte[50 << 20]]);
        File.WriteAllBytes(folder["bomb.nii.gz"], bomb);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(Twelve, NiftiFile.ReadImage(folder["bomb.nii.gz"], TestContext.Current.CancellationToken).Image.Voxels);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 2 << 20);
    }

    [Fact]
    public void Reading_takes_eight_bytes_a_voxel_of_an_image_and_four_of_labels()
    {
        ImageGrid grid = new(200, 200, 50, 1, 1, 1);
        NiftiWriter.Write(folder["large.nii.gz"], grid, new short[grid.Count]);
        long start = GC.GetAllocatedBytesForCurrentThread();
        NiftiFile.ReadImage(folder["large.nii.gz"], TestContext.Current.CancellationToken);
        long image = GC.GetAllocatedBytesForCurrentThread() - start;
        NiftiFile.ReadLabels(folder["large.nii.gz"], TestContext.Current.CancellationToken);
        long labels = GC.GetAllocatedBytesForCurrentThread() - start - image;
        Assert.InRange(image, 8L * grid.Count, 8L * grid.Count + (1 << 20));
        Assert.InRange(labels, 4L * grid.Count, 4L * grid.Count + (1 << 20));
    }

    [Theory]
    [InlineData(new[] { 4, 3, 2, 2, 1, 1, 1, 1 }, null)]
    [InlineData(new[] { 4, 3, 2, 1, 2, 1, 1, 1 }, "Cut one volume")]
    [InlineData(new[] { 5, 3, 2, 2, 1, 3, 1, 1 }, "Cut one volume")]
    [InlineData(new[] { 2, 6, 2, 1, 1, 1, 1, 1 }, "third size as 1")]
    [InlineData(new[] { 0, 6, 2, 1, 1, 1, 1, 1 }, "damaged")]
    [InlineData(new[] { 3, -6, 2, 1, 1, 1, 1, 1 }, "damaged")]
    public void Images_of_three_dimensions_are_read_and_others_refused(int[] dim, string? reason)
    {
        File.WriteAllBytes(folder["d.nii"], new NiftiBytes { Dim = dim }.File(Twelve));
        if (reason is null) Assert.Equal(2, NiftiFile.ReadImage(folder["d.nii"], TestContext.Current.CancellationToken).Image.Grid.SizeZ);
        else Assert.Contains(reason, Refused("d.nii"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_an_image_is_refused_with_the_reason()
    {
        Check(new NiftiBytes { Type = 128 }, "type 128");
        Check(new NiftiBytes { Pixdim = [1, 0.5, 0, 2, 0, 0, 0, 0] }, "spacing of 0 along y");
        Check(new NiftiBytes { Pixdim = [1, double.NaN, 1, 2, 0, 0, 0, 0] }, "along x");
        Check(new NiftiBytes { Offset = 8 }, "begin at byte 8");
        Check(new NiftiBytes { Offset = 1e30 }, "begin at byte");
        Check(new NiftiBytes { SformCode = 2, Sform = [1, 0.5, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] }, "no orientation that is a rotation");
        File.WriteAllText(folder["letter.nii"], new string('x', 500));
        Assert.Contains("no NIfTI file", Refused("letter.nii"), StringComparison.Ordinal);
        Assert.Contains("is not there", Refused("nothing.nii.gz"), StringComparison.Ordinal);
        Assert.Contains("it is a folder", Assert.Throws<RadiomicsException>(
            () => NiftiFile.ReadImage(folder.Path, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);

        void Check(NiftiBytes file, string reason)
        {
            File.WriteAllBytes(folder["w.nii"], file.File(Twelve));
            Assert.Contains(reason, Refused("w.nii"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Labels_are_whole_numbers_whatever_their_type()
    {
        Assert.Equal([0, 1, 2], Labels(new NiftiBytes { Dim = [3, 3, 1, 1, 1, 1, 1, 1], Type = 64 }.File(0, 1, 2)).Labels);
        Assert.Equal([0, 1, 255], Labels(new NiftiBytes { Dim = [3, 3, 1, 1, 1, 1, 1, 1], Type = 2 }.File(0, 1, 255)).Labels);
        foreach (double wrong in (double[])[0.5, double.NaN, 1e20])
            Assert.Contains("whole numbers", Assert.Throws<RadiomicsException>(
                () => Labels(new NiftiBytes { Dim = [3, 3, 1, 1, 1, 1, 1, 1], Type = 64 }.File(0, 1, wrong))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mutated_files_are_read_or_refused()
    {
        NiftiBytes placed = new() { SformCode = 1, Sform = [-0.5, 0, 0, 1, 0, -0.75, 0, 2, 0, 0, 2, 3], QformCode = 1, Quaternion = [0, 0, 1, 1, 2, 3] };
        byte[][] seeds = [placed.File(Twelve), new NiftiBytes { IsVersion2 = true, IsBigEndian = true, Slope = 2 }.File(Twelve), Pack(placed.File(Twelve))];
        Fuzz.Run(seeds, mutant =>
        {
            File.WriteAllBytes(folder["mutant.nii"], mutant);
            NiftiFile.ReadImage(folder["mutant.nii"], CancellationToken.None);
            NiftiFile.ReadLabels(folder["mutant.nii"], CancellationToken.None);
        }, e => e is RadiomicsException, 4000);
    }

    [Fact]
    public void What_is_written_is_read_back() =>
        Gen.Select(Gen.Int[1, 5].Array[3], Gen.Single[0.1f, 9].Array[3], Gen.Single[-300, 300].Array[3], Gen.Double[-1, 1].Array[4], Gen.Bool,
                Gen.Short.Array[125])
            .Where(made => made.Item4.Sum(part => part * part) > 0.01)
            .Sample((size, spacing, origin, turn, isMirrored, numbers) =>
            {
                ImageGrid grid = new(size[0], size[1], size[2], spacing[0], spacing[1], spacing[2])
                { OriginMm = (origin[0], origin[1], origin[2]), Direction = Rotation(turn, isMirrored) };
                short[] voxels = numbers[..grid.Count];
                string name = folder[isMirrored ? "round.nii" : "round.nii.gz"];
                NiftiWriter.Write(name, grid, voxels);
                NiftiImage back = NiftiFile.ReadImage(name, CancellationToken.None);
                Assert.Equal(voxels.Select(value => (double)value), back.Image.Voxels);
                ImageGrid read = back.Image.Grid;
                Assert.Equal(((double)spacing[0], (double)spacing[1], (double)spacing[2]), (read.SpacingXMm, read.SpacingYMm, read.SpacingZMm));
                Assert.Equal(grid.OriginMm, read.OriginMm);
                for (int i = 0; i < 9; i++) Assert.Equal(grid.Direction[i], read.Direction[i], 1e-6);
            }, iter: 300, threads: 1);

    public void Dispose() => folder.Dispose();

    private static double[] Rotation(double[] q, bool isMirrored)
    {
        double n = Math.Sqrt(q.Sum(part => part * part));
        (double a, double b, double c, double d, int sign) = (q[0] / n, q[1] / n, q[2] / n, q[3] / n, isMirrored ? -1 : 1);
        return
        [
            a * a + b * b - c * c - d * d, 2 * (b * c - a * d), sign * 2 * (b * d + a * c),
            2 * (b * c + a * d), a * a + c * c - b * b - d * d, sign * 2 * (c * d - a * b),
            2 * (b * d - a * c), 2 * (c * d + a * b), sign * (a * a + d * d - b * b - c * c),
        ];
    }

    private NiftiImage Read(byte[] file)
    {
        File.WriteAllBytes(folder["i.nii"], file);
        return NiftiFile.ReadImage(folder["i.nii"], TestContext.Current.CancellationToken);
    }

    private NiftiLabels Labels(byte[] file)
    {
        File.WriteAllBytes(folder["l.nii"], file);
        return NiftiFile.ReadLabels(folder["l.nii"], TestContext.Current.CancellationToken);
    }

    private string Refused(string name) =>
        Assert.Throws<RadiomicsException>(() => NiftiFile.ReadImage(folder[name], TestContext.Current.CancellationToken)).Message;

    private static byte[] Pack(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal)) gzip.Write(bytes);
        return packed.ToArray();
    }
}
