using System.Numerics;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.Analysis.Tests;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Pipeline.Series;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Pipeline.Tests.Series;

/// <summary>One head in many forms, as DICOM series on disk, through the choice and the bundled segmenter: the masks agree on the source grid.</summary>
public sealed class CopiesOfOneScanTests : IDisposable
{
    private static readonly PhantomSpecification Specification = PhantomSpecification.FromSeed(22, 160) with { TiltDegrees = 15, Calcifications = 0 };
    private static readonly Lazy<PhantomCase> Head = new(() => HeadPhantom.Render(Specification));

    private readonly StudyFolder study = new();
    private readonly HematomaSegmenter segmenter =
        HematomaSegmenter.Load(Path.Combine(SharedFiles.Repository, "models", "hematoma-seg-phantom"), Inference.Cpu);

    [Fact]
    public void Copies_whose_matrix_lies_otherwise_get_the_same_mask()
    {
        (CtSeries original, Mask expected) = Segment(1, Head.Value.Volume);
        Assert.True(expected.VolumeMl > 5, "the model finds the hematoma");
        foreach ((string position, Orientations way) in ((string, Orientations)[])
                 [
                     ("head first, prone", new(false, true, true)), ("decubitus, left", new(true, true, false)), ("decubitus, right", new(true, false, true)),
                     ("feet first, slices from the vertex", new(false, true, false)), ("mirrored and turned", new(true, false, false)),
                 ])
        {
            (CtSeries copy, Mask found) = Segment(2, way.Of(Head.Value.Volume));
            Assert.False(copy.Canonical.IsIdentity, position);
            double dice = Dice(original.Volume.Geometry, expected, found);
            Assert.True(dice >= 0.98, FormattableString.Invariant($"{position}: Dice {dice:F4}"));
            Assert.Equal(expected.VolumeMl, found.VolumeMl, 0.01 * expected.VolumeMl);
        }
    }

    [Fact]
    public void A_copy_whose_files_come_in_another_order_gets_the_same_mask()
    {
        (CtSeries original, Mask expected) = Segment(1, Head.Value.Volume);
        string[] files = [.. study.Files];
        new Random(7).Shuffle(files);
        CtSeries shuffled = CtSeriesLoader.Load(files, new SeriesRules(), TestContext.Current.CancellationToken);
        Assert.Equal(expected.Voxels, Segment(shuffled).Voxels);
        Assert.Equal(original.Source.Slices, shuffled.Source.Slices, (a, b) => a.Instance == b.Instance);
    }

    /// <summary>
    /// Rendered anew on each grid, as a scanner would. The hematoma's truth voxelised on the two grids agrees to a Dice of 0.986 only, so that no mask
    /// can do much better; seen with the bundled model: 0.983 at 70 ml, 0.971 at 25 ml, where the edge weighs more.
    /// </summary>
    [Fact]
    public void The_same_head_scanned_under_another_gantry_tilt_gets_the_same_mask_in_the_patient()
    {
        // Thin slices without noise: what is compared is the tilt, not the luck of thick slices at the hematoma's edge.
        HematomaSpecification large = Specification.Hematoma! with { RadiiMm = 1.45f * Specification.Hematoma.RadiiMm };
        PhantomSpecification thin = Specification with { SliceSpacingMm = 1.5, Slices = 60, NoiseHu = 0, TiltDegrees = 0, Hematoma = large };
        (CtSeries upright, Mask expected) = Segment(1, HeadPhantom.Render(thin).Volume);
        (_, Mask found) = Segment(2, HeadPhantom.Render(thin with { TiltDegrees = 12 }).Volume);
        double dice = Dice(upright.Volume.Geometry, expected, found);
        Assert.True(dice >= 0.98, FormattableString.Invariant($"Dice {dice:F4}; {expected.VolumeMl:F2} ml upright, {found.VolumeMl:F2} ml tilted"));
    }

    public void Dispose()
    {
        segmenter.Dispose();
        study.Dispose();
    }

    private (CtSeries Series, Mask Mask) Segment(int number, Volume volume)
    {
        IReadOnlyList<string> files = study.Add(number, volume, (image, _) => image.AddOrUpdate(DicomTag.PatientPosition, number == 1 ? "HFS" : "FFP"));
        CtSeries series = CtSeriesLoader.Load(files, new SeriesRules(), TestContext.Current.CancellationToken);
        return (series, Segment(series));
    }

    /// <summary>The mask on the source grid, as SEG and SR get it.</summary>
    private Mask Segment(CtSeries series) => series.Canonical.ToSource(
        segmenter.Segment(series.Canonical.Volume, series.Space!, null, TestContext.Current.CancellationToken).Mask);

    /// <summary>Of two masks in the patient: the other is read at the middle of each voxel of the first one's grid.</summary>
    private static double Dice(VolumeGeometry grid, Mask one, Mask other)
    {
        VolumeGeometry g = other.Geometry;
        double both = 0, sum = 0;
        for (int slice = 0, i = 0; slice < grid.Slices; slice++)
            for (int row = 0; row < grid.Rows; row++)
                for (int column = 0; column < grid.Columns; column++, i++)
                {
                    bool there = At(grid.ToPatient(column, row, slice));
                    double ml = grid.VoxelMl(slice);
                    sum += (one.Voxels[i] ? ml : 0) + (there ? ml : 0);
                    if (one.Voxels[i] && there) both += ml;
                }

        return 2 * both / sum;

        bool At(Vector3 place)
        {
            double along = Vector3.Dot(place, g.Normal);
            int slice = 0;
            while (slice < g.Slices - 1 && Math.Abs(g.SlicePositionsMm[slice + 1] - along) <= Math.Abs(g.SlicePositionsMm[slice] - along)) slice++;
            Vector3 way = place - g.Origins[slice];
            int column = (int)Math.Round(Vector3.Dot(way, g.RowDirection) / g.ColumnSpacingMm), row = (int)Math.Round(Vector3.Dot(way, g.ColumnDirection) / g.RowSpacingMm);
            return column >= 0 && column < g.Columns && row >= 0 && row < g.Rows && other.Voxels[(slice * g.Rows + row) * g.Columns + column];
        }
    }
}
