using System.Numerics;
using HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.IbsiFilters;

public sealed class LineFourierTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(12)]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(97)]
    [InlineData(128)]
    [InlineData(180)]
    public void Transforms_of_any_length_are_the_sums_that_define_them_and_their_inverse_leads_back(int length)
    {
        const int Lines = LineFourier.Lanes + 3;
        var random = new Random(length);
        double[] re = [.. Enumerable.Range(0, length * Lines).Select(_ => random.NextDouble() - 0.5)], im = [.. re.Select(_ => random.NextDouble() - 0.5)];
        (double[] transformedRe, double[] transformedIm) = ([.. re], [.. im]);
        var fourier = new LineFourier(length);

        fourier.Along(transformedRe, transformedIm, 0, Lines, 1, Lines, inverse: false);

        for (int line = 0; line < Lines; line++)
            for (int k = 0; k < length; k++)
            {
                Complex sum = 0;
                for (int n = 0; n < length; n++)
                    sum += new Complex(re[n * Lines + line], im[n * Lines + line]) * Complex.FromPolarCoordinates(1, -2 * Math.PI * (k * n % length) / length);
                Assert.Equal(sum.Real, transformedRe[k * Lines + line], 1e-11);
                Assert.Equal(sum.Imaginary, transformedIm[k * Lines + line], 1e-11);
            }

        fourier.Along(transformedRe, transformedIm, 0, Lines, 1, Lines, inverse: true);
        Images.Same(re, transformedRe, 1e-13);
        Images.Same(im, transformedIm, 1e-13);
    }

    [Fact]
    public void Lines_along_rows_and_along_columns_are_the_same_lines()
    {
        double[] rows = [.. Images.Noise(1, 24, 20, 1).Voxels], columns = new double[rows.Length];
        for (int i = 0; i < rows.Length; i++) columns[i % 24 * 20 + i / 24] = rows[i];
        (double[] rowsIm, double[] columnsIm) = (new double[rows.Length], new double[rows.Length]);
        var fourier = new LineFourier(24);

        fourier.Along(rows, rowsIm, 0, 20, 24, 1, inverse: false);
        fourier.Along(columns, columnsIm, 0, 20, 1, 20, inverse: false);

        for (int i = 0; i < rows.Length; i++)
            Assert.Equal((rows[i], rowsIm[i]), (columns[i % 24 * 20 + i / 24], columnsIm[i % 24 * 20 + i / 24]));
    }
}
