using HematomaPacsAgent.Analysis.Nifti;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Nifti;

/// <summary>Where ITK 5 puts an image: RAS to LPS, sform before qform where the header means it.</summary>
public sealed class NiftiPlacementTests : IDisposable
{
    private static readonly double[] Ras = [0.5, 0, 0, 10, 0, 0.75, 0, 20, 0, 0, 2, 30], Las = [-0.5, 0, 0, 10, 0, 0.75, 0, 20, 0, 0, 2, 30];
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_file_without_either_form_lies_along_the_patient_at_zero()
    {
        ImageGrid grid = Grid(new NiftiBytes { Sform = Ras });
        Assert.Equal((0.0, 0.0, 0.0), grid.OriginMm);
        Assert.Equal([1, 0, 0, 0, 1, 0, 0, 0, 1], grid.Direction);
    }

    [Fact]
    public void RAS_and_LAS_become_LPS()
    {
        ImageGrid ras = Grid(new NiftiBytes { SformCode = 1, Sform = Ras });
        Assert.Equal((-10.0, -20.0, 30.0), ras.OriginMm);
        Assert.Equal([-1, 0, 0, 0, -1, 0, 0, 0, 1], ras.Direction);
        ImageGrid las = Grid(new NiftiBytes { SformCode = 3, Sform = Las });
        Assert.Equal([1, 0, 0, 0, -1, 0, 0, 0, 1], las.Direction);
        Assert.Equal((-10 + 2 * 0.5, -20 - 0.75, 32.0), las.ToPatient(2, 1, 1));
    }

    [Fact]
    public void The_qform_is_a_rotation_by_its_quaternion_mirrored_by_the_first_pixdim()
    {
        double half = Math.Sqrt(0.5); // a quarter turn about x
        ImageGrid turned = Grid(new NiftiBytes { QformCode = 1, Quaternion = [half, 0, 0, 1, 2, 3] });
        AssertDirection([-1, 0, 0, 0, 0, 1, 0, 1, 0], turned);
        Assert.Equal((-1.0, -2.0, 3.0), turned.OriginMm);
        ImageGrid mirrored = Grid(new NiftiBytes { QformCode = 1, Quaternion = [half, 0, 0, 1, 2, 3], Pixdim = [-1, 0.5, 0.75, 2, 0, 0, 0, 0] });
        AssertDirection([-1, 0, 0, 0, 0, -1, 0, 1, 0], mirrored);
        // a = 0: half a turn about z.
        AssertDirection([1, 0, 0, 0, 1, 0, 0, 0, 1], Grid(new NiftiBytes { QformCode = 1, Quaternion = [0, 0, 1, 0, 0, 0] }));
    }

    [Fact]
    public void The_sform_wins_where_it_is_scanner_anatomical_or_alone_or_says_the_same_and_the_qform_otherwise()
    {
        double[] other = [0, 0, 1, 7, 8, 9];
        Assert.Equal(-10, Grid(new NiftiBytes { SformCode = 1, Sform = Ras, QformCode = 1, Quaternion = other }).OriginMm.X);
        Assert.Equal(-7, Grid(new NiftiBytes { SformCode = 2, Sform = Ras, QformCode = 1, Quaternion = other }).OriginMm.X);
        Assert.Equal(-10, Grid(new NiftiBytes { SformCode = 2, Sform = Ras, QformCode = 0, Quaternion = other }).OriginMm.X);
        double[] nearly = [.. Ras];
        nearly[3] += 5e-5;
        NiftiBytes alike = new() { SformCode = 2, Sform = nearly, QformCode = 1, Quaternion = [0, 0, 0, 10, 20, 30] };
        Assert.Equal(-(double)(float)nearly[3], Grid(alike).OriginMm.X);
        // A sheared sform is no placement for ITK.
        Assert.Equal(-7, Grid(new NiftiBytes { SformCode = 1, Sform = [1, 0.5, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], QformCode = 1, Quaternion = other }).OriginMm.X);
    }

    [Fact]
    public void Spacing_comes_from_pixdim_even_where_the_sform_says_otherwise()
    {
        ImageGrid grid = Grid(new NiftiBytes { SformCode = 1, Sform = [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0] });
        Assert.Equal((0.5, 0.75, 2.0), (grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm));
    }

    [Theory]
    [InlineData("ich5", 512, 40, 0.44999998807907104)]
    [InlineData("brain1", 256, 25, 0.78125)]
    public void The_oracle_files_have_the_grid_that_ITK_gave_them(string name, int sizeX, int sizeZ, double spacing)
    {
        string data = SharedFiles.Data($"radiomics/pyradiomics-oracle/{name}_image.nii.gz");
        NiftiImage image = NiftiFile.ReadImage(data, TestContext.Current.CancellationToken);
        Assert.Equal((sizeX, sizeZ), (image.Image.Grid.SizeX, image.Image.Grid.SizeZ));
        Assert.Equal(spacing, image.Image.Grid.SpacingXMm, 1e-15);
    }

    public void Dispose() => folder.Dispose();

    private static void AssertDirection(double[] expected, ImageGrid grid)
    {
        for (int i = 0; i < 9; i++) Assert.Equal(expected[i], grid.Direction[i], 1e-6);
    }

    private ImageGrid Grid(NiftiBytes file)
    {
        File.WriteAllBytes(folder["p.nii"], file.File(new double[12]));
        return NiftiFile.ReadImage(folder["p.nii"], TestContext.Current.CancellationToken).Image.Grid;
    }
}
