package org.sae4j.engine.loader;

import java.lang.reflect.Method;
import java.util.HashSet;
import java.util.Set;
import org.bytedeco.javacpp.Pointer;
import org.sae4j.engine.global.sae4j;

/**
 * JavaCPP's own loader. Each class that JavaCPP generates, and each kind of pointer, calls it when
 * it is initialised; it would look for libraries that are loaded already, and make a folder {@code
 * .javacpp} in the user's home.
 */
final class JavaCppLoader {
  /** The property that it reads at each call. As a constant it is one object for the whole JVM. */
  private static final String LOAD_LIBRARIES = "org.bytedeco.javacpp.loadLibraries";

  private JavaCppLoader() {}

  /**
   * Does something while JavaCPP's loader does nothing. That holds for the whole JVM, so it must be
   * short: another thread that just then uses JavaCPP for the first time would miss its libraries.
   */
  static void whileOff(Runnable action) {
    synchronized (LOAD_LIBRARIES) {
      String before = System.setProperty(LOAD_LIBRARIES, "false");
      try {
        action.run();
      } finally {
        if (before == null) {
          System.clearProperty(LOAD_LIBRARIES);
        } else {
          System.setProperty(LOAD_LIBRARIES, before);
        }
      }
    }
  }

  /** Initialises the binding of the engine with all that its methods take and return. */
  static void initialiseBinding() {
    whileOff(() -> initialise(sae4j.class, new HashSet<>()));
  }

  private static void initialise(Class<?> type, Set<Class<?>> done) {
    boolean isOurs = type.getName().startsWith("org.sae4j.");
    if (!isOurs && !Pointer.class.isAssignableFrom(type) || !done.add(type)) {
      return;
    }
    try {
      Class.forName(type.getName(), true, type.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(type + " is there", e);
    }
    if (isOurs) {
      for (Method method : type.getDeclaredMethods()) {
        initialise(method.getReturnType(), done);
        for (Class<?> parameter : method.getParameterTypes()) {
          initialise(parameter, done);
        }
      }
    }
  }
}
