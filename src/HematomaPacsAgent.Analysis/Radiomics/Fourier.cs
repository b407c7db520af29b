using System.Numerics;
using MathNet.Numerics.IntegralTransforms;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>Discrete Fourier transform of a grid of any size, in place; x fastest. Forward has no factor, inverse divides by the number of voxels.</summary>
internal static class Fourier3
{
    public static void Forward(Complex[] grid, int sizeX, int sizeY, int sizeZ, CancellationToken cancellation) =>
        Transform(grid, sizeX, sizeY, sizeZ, static line => Fourier.Forward(line, FourierOptions.AsymmetricScaling), cancellation);

    public static void Inverse(Complex[] grid, int sizeX, int sizeY, int sizeZ, CancellationToken cancellation) =>
        Transform(grid, sizeX, sizeY, sizeZ, static line => Fourier.Inverse(line, FourierOptions.AsymmetricScaling), cancellation);

    private static void Transform(Complex[] grid, int sizeX, int sizeY, int sizeZ, Action<Complex[]> one, CancellationToken cancellation)
    {
        Along(sizeX, 1, sizeY * sizeZ, line => line * sizeX);
        Along(sizeY, sizeX, sizeX * sizeZ, line => line / sizeX * sizeX * sizeY + line % sizeX);
        Along(sizeZ, sizeX * sizeY, sizeX * sizeY, line => line);

        void Along(int size, int stride, int lines, Func<int, int> start)
        {
            if (size == 1) return;
            var buffer = new Complex[size];
            for (int line = 0; line < lines; line++)
            {
                if (line % 1024 == 0) cancellation.ThrowIfCancellationRequested();
                int first = start(line);
                for (int i = 0; i < size; i++) buffer[i] = grid[first + i * stride];
                one(buffer);
                for (int i = 0; i < size; i++) grid[first + i * stride] = buffer[i];
            }
        }
    }
}
