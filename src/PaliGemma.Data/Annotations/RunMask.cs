using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>A shape as the pixels that belong to it.</summary>
/// <param name="runs">The pixels.</param>
public sealed class RunMask(RunLengthEncoding runs) : ObjectMask
{
    private protected override RunLengthEncoding Fill() => runs;
}
