using System.Numerics;
using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Nifti;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Evaluation;

/// <summary>Labelled cases as folders: there and back, however the axes run, and what a spoiled folder is told.</summary>
public sealed class CaseFolderTests : IDisposable
{
    private static readonly ImageGrid Grid = new(6, 5, 4, 0.5, 0.75, 5) { OriginMm = (-10, -20, 30) };

    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData(0, false)]
    [InlineData(17.5, false)]
    [InlineData(0, true)]
    public void What_is_written_is_read_back_voxel_by_voxel_with_tilt_and_uneven_slices(double tiltDegrees, bool uneven)
    {
        PhantomCase phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(22, 64) with { TiltDegrees = tiltDegrees });
        LabelledCase written = LabelledCase.Of(phantom);
        if (uneven)
        {
            VolumeGeometry g = phantom.Volume.Geometry;
            VolumeGeometry spread = new(g.Columns, g.Rows, g.RowDirection, g.ColumnDirection, g.ColumnSpacingMm, g.RowSpacingMm,
                [.. g.Origins.Select((origin, k) => origin + Vector3.UnitZ * (k > 9 ? 2.5f * (k - 9) : 0))], g.SliceThicknessMm);
            written = written with
            {
                Volume = new Volume(spread, phantom.Volume.Hounsfield),
                Masks = phantom.Masks.ToDictionary(known => known.Key, known => new Mask(spread, known.Value.Voxels)),
            };
        }

        CaseFolder.Write(folder["phantom-000022"], written, 22);
        LabelledCase read = CaseFolder.Read(folder["phantom-000022"], TestContext.Current.CancellationToken);
        Assert.Equal((written.Name, written.Regime), (read.Name, read.Regime));
        Assert.Equal(written.Volume.Hounsfield, read.Volume.Hounsfield);
        Assert.True(written.Masks.Keys.ToHashSet().SetEquals(read.Masks.Keys));
        Assert.All(written.Masks.Keys, key => Assert.Equal(written.Masks[key].VolumeMl, read.Masks[key].VolumeMl, 1e-4 * written.Masks[key].VolumeMl));
        Assert.Equal(written.Masks["hematoma"].Voxels, read.Masks["hematoma"].Voxels);
        Assert.Equal(written.Signs.OrderBy(sign => sign.Key, StringComparer.Ordinal), read.Signs.OrderBy(sign => sign.Key, StringComparer.Ordinal));
        VolumeGeometry expected = written.Volume.Geometry, actual = read.Volume.Geometry;
        Assert.All(Enumerable.Range(0, expected.Slices),
            slice => Assert.InRange(Vector3.Distance(expected.ToPatient(63, 63, slice), actual.ToPatient(63, 63, slice)), 0, 0.001f));
    }

    [Theory]
    [InlineData(new double[] { -1, 0, 0, 0, -1, 0, 0, 0, 1 })] // RAS, as most NIfTI files
    [InlineData(new double[] { 1, 0, 0, 0, 1, 0, 0, 0, -1 })]
    [InlineData(new double[] { 0, 0, 1, 1, 0, 0, 0, 1, 0 })] // sagittal storage
    [InlineData(new double[] { 0, -1, 0, 1, 0, 0, 0, 0, 1 })]
    public void Axes_that_run_otherwise_are_put_in_order_and_every_voxel_keeps_its_place(double[] direction)
    {
        ImageGrid grid = new(6, 5, 4, 0.5, 0.75, 5) { OriginMm = (-10, -20, 30), Direction = direction };
        short[] values = [.. Enumerable.Range(0, grid.Count).Select(i => (short)(i * 31 % 97))];
        NiftiWriter.Write(Make("case/image.nii"), grid, values);
        NiftiWriter.Write(folder["case/mask.nii.gz"], grid, [.. values.Select(value => (byte)(value == 62 ? 1 : 0))]);
        LabelledCase read = CaseFolder.Read(folder["case"], TestContext.Current.CancellationToken);
        VolumeGeometry g = read.Volume.Geometry;
        Assert.True(g.RowDirection.X > 0.99f && g.ColumnDirection.Y > 0.99f && g.Normal.Z > 0.99f);
        Dictionary<(int, int, int), short> there = [];
        for (int i = 0; i < grid.Count; i++)
        {
            (double x, double y, double z) = grid.ToPatient(i % 6, i / 6 % 5, i / 30);
            there[((int)Math.Round(100 * x), (int)Math.Round(100 * y), (int)Math.Round(100 * z))] = values[i];
        }

        for (int i = 0; i < grid.Count; i++)
        {
            Vector3 at = g.ToPatient(i % g.Columns, i / g.Columns % g.Rows, i / g.PixelsPerSlice);
            short value = there[((int)MathF.Round(100 * at.X), (int)MathF.Round(100 * at.Y), (int)MathF.Round(100 * at.Z))];
            Assert.Equal(value, read.Volume.Hounsfield[i]);
            Assert.Equal(value == 62, read.Masks["hematoma"].Voxels[i]);
        }
    }

    [Fact]
    public void A_class_that_is_named_and_has_no_voxel_is_known_to_be_absent_and_one_not_named_is_unknown()
    {
        Case("case", [1, 2], """{"classes": ["hematoma", "ivh", "edema"], "regime": "Site 3", "signs": {"blend-sign": true}}""");
        LabelledCase all = CaseFolder.Read(folder["case"], TestContext.Current.CancellationToken);
        Assert.Equal(["edema", "hematoma", "ivh"], all.Masks.Keys.Order());
        Assert.True(all.Masks["edema"].IsEmpty && !all.Masks["ivh"].IsEmpty && all is { Regime: "Site 3", Name: "case" } && all.Signs["blend-sign"]);
        Case("bare", [1, 2], null);
        Assert.Equal(["hematoma"], CaseFolder.Read(folder["bare"], TestContext.Current.CancellationToken).Masks.Keys);
    }

    [Theory]
    [InlineData(new byte[] { 7 }, null, "mask.nii.gz has a voxel of label 7, which is not known. Labels are 1 hematoma")]
    [InlineData(new byte[] { 2 }, """{"classes": ["hematoma"]}""", "label 2 (ivh), a class that case.json does not name")]
    [InlineData(new byte[] { 1 }, """{"classes": ["hematoma", "clot"]}""", "the class 'clot' is not known")]
    [InlineData(new byte[] { 1 }, """{"classes": ["ivh"]}""", "lack 'hematoma'")]
    [InlineData(new byte[] { 1 }, """{"sign": {}}""", "case.json: The JSON property 'sign'")]
    [InlineData(new byte[] { 1 }, """{"signs": """, "docs/evaluation.md")]
    [InlineData(new byte[] { 1 }, """{"sliceOriginsMm": [[0, 0, 0]]}""", "places 1 slices, the image has 4")]
    [InlineData(new byte[] { 1 }, """{"sliceOriginsMm": [[0, 0], null]}""", "three numbers")]
    [InlineData(new byte[] { 1 }, """{"sliceOriginsMm": [[-10, -20, 35], [-10, -20, 40], [-10, -20, 45], [-10, -20, 50]]}""", "do not belong together")]
    [InlineData(new byte[] { 1 }, """{"sliceOriginsMm": [[-10, -20, 30], [-10, -20, 40], [-10, -20, 40], [-10, -20, 50]]}""", "do not ascend")]
    public void A_spoiled_case_says_which_file_and_what_to_do(byte[] labels, string? json, string expected)
    {
        Case("case", labels, json);
        CaseFolderException refused = Assert.Throws<CaseFolderException>(() => CaseFolder.Read(folder["case"], TestContext.Current.CancellationToken));
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.Contains(folder["case"], refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mask_on_another_grid_is_refused_with_how_far_it_lies_off()
    {
        Case("case", [1], null);
        NiftiWriter.Write(folder["case/mask.nii.gz"], Grid with { OriginMm = (-10, -20, 32.5) }, new byte[Grid.Count]);
        Assert.Contains("lies up to 2.50 mm beside image.nii.gz", Refusal("case"), StringComparison.Ordinal);
        NiftiWriter.Write(folder["case/mask.nii.gz"], new ImageGrid(6, 5, 3, 0.5, 0.75, 5), new byte[90]);
        Assert.Contains("6 x 5 x 3 voxels, image.nii.gz 6 x 5 x 4", Refusal("case"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_with_a_voxel_that_is_no_number_or_cut_off_is_refused()
    {
        Case("case", [1], null);
        NiftiWriter.Write(folder["case/image.nii.gz"], Grid, [.. Enumerable.Range(0, Grid.Count).Select(i => i == 40 ? float.NaN : 30f)]);
        Assert.Contains("has a voxel of NaN", Refusal("case"), StringComparison.Ordinal);
        byte[] whole = File.ReadAllBytes(folder["case/mask.nii.gz"]);
        File.WriteAllBytes(folder["case/image.nii.gz"], whole[..(whole.Length / 2)]);
        Assert.Contains("image.nii.gz", Refusal("case"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_lacking_a_mask_is_named_before_any_case_is_read()
    {
        Case("a", [1], null);
        Assert.Single(CaseFolder.In(folder.Path));
        Case("b", [1], null);
        File.Delete(folder["b/mask.nii.gz"]);
        string said = Assert.Throws<CaseFolderException>(() => CaseFolder.In(folder.Path)).Message;
        Assert.Contains(folder["b/mask"] + ".nii.gz is not there", said, StringComparison.Ordinal);
        Assert.Contains("is not there, or no folder",
            Assert.Throws<CaseFolderException>(() => CaseFolder.In(folder["gone"])).Message, StringComparison.Ordinal);
        Assert.Contains("holds no folders", Assert.Throws<CaseFolderException>(() => CaseFolder.In(folder["a"])).Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private string Refusal(string name) =>
        Assert.Throws<CaseFolderException>(() => CaseFolder.Read(folder[name], TestContext.Current.CancellationToken)).Message;

    private string Make(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[file])!);
        return folder[file];
    }

    /// <summary>A small case; the labels are those of the first voxels of the second slice.</summary>
    private void Case(string name, byte[] labels, string? json)
    {
        byte[] mask = new byte[Grid.Count];
        labels.CopyTo(mask, 30);
        NiftiWriter.Write(Make($"{name}/image.nii.gz"), Grid, new short[Grid.Count]);
        NiftiWriter.Write(folder[$"{name}/mask.nii.gz"], Grid, mask);
        if (json is not null) File.WriteAllText(folder[$"{name}/case.json"], json);
    }
}
