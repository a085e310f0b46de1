using System.Runtime.CompilerServices;
using PaliGemma.Training.Runtime;

// libtorch takes all processors for one test already.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]

namespace PaliGemma.Training.Tests;

/// <summary>Tests call libtorch themselves, in any order.</summary>
internal static class TorchAtStart
{
    [ModuleInitializer]
    internal static void Load() => TorchLibrary.Load();
}
