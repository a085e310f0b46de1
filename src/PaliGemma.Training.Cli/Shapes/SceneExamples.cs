using PaliGemma.Data.Shapes;
using PaliGemma.Training.Data;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>Examples from drawn scenes: several questions about each, one after another. Example <c>i</c> is always the same.</summary>
/// <param name="generator">Draws the scenes.</param>
/// <param name="examiner">Asks.</param>
/// <param name="mixture">How often each task is asked.</param>
/// <param name="perScene">Questions about a scene.</param>
/// <param name="side">Patches along an edge of the model's pictures.</param>
internal sealed class SceneExamples(SceneGenerator generator, SceneExaminer examiner, SceneMixture mixture, int perScene, int side)
    : IExampleSource
{
    /// <summary>Scenes that are kept, because other threads may still ask about them.</summary>
    private const int Kept = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, Lazy<(Scene Scene, IReadOnlyList<int> Owners)>> _scenes = [];
    private readonly Queue<long> _order = [];

    /// <inheritdoc/>
    public TrainingExample Read(long index)
    {
        (long number, long repetition) = Math.DivRem(index, perScene);
        (Scene scene, IReadOnlyList<int> owners) = SceneOf(number);
        SceneExample example = examiner.Ask(scene, number, mixture, (int)repetition);
        return new TrainingExample([scene.Image], example.Prefix, example.Suffix)
        {
            ImageParts = [.. owners.Select(owner => owner < 0 ? 0 : example.Parts[owner])],
        };
    }

    private (Scene Scene, IReadOnlyList<int> Owners) SceneOf(long number)
    {
        Lazy<(Scene Scene, IReadOnlyList<int> Owners)>? scene;
        lock (_gate)
        {
            if (!_scenes.TryGetValue(number, out scene))
            {
                scene = new(() =>
                {
                    Scene drawn = generator.Draw(number);
                    return (drawn, PatchOwners.Of(drawn, side));
                });
                _scenes.Add(number, scene);
                _order.Enqueue(number);
                if (_order.Count > Kept)
                {
                    _scenes.Remove(_order.Dequeue());
                }
            }
        }
        return scene.Value;
    }
}
