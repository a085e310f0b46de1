using PaliGemma.Data.Shapes;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>The masks of the shapes of drawn scenes, one after another.</summary>
/// <param name="scenes">Draws the scenes.</param>
internal sealed class SceneShapeMasks(SceneGenerator scenes)
{
    private readonly Queue<SceneShape> _shapes = [];
    private long _scene;

    /// <summary>The next mask [64, 64], 0 outside and 1 inside.</summary>
    public float[] Next()
    {
        while (_shapes.Count == 0)
        {
            foreach (SceneShape shape in scenes.Draw(_scene++).Shapes)
            {
                _shapes.Enqueue(shape);
            }
        }
        return _shapes.Dequeue().ToSquareMask();
    }
}
